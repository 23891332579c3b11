// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The start of the runtime: options take effect at the first op.
#pragma once

#include <atomic>
#include <source_location>

namespace jit::detail {

extern std::atomic<bool> started;
void start_runtime(const std::source_location &site);

/// Throws invalid_argument, once, if the environment variable TRACEJIT cannot be read; unsupported,
/// always, if kernels cannot run on this machine.
inline void ensure_started(const std::source_location &site) {
  if (!started.load(std::memory_order_acquire)) [[unlikely]]
    start_runtime(site);
}

} // namespace jit::detail
