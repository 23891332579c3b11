// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The mode of the process as a fast read.
#pragma once

#include <tracejit/mode.h>

#include <atomic>

namespace jit {

namespace detail {
/// Begins as option `mode` says.
std::atomic<Mode> &process_mode() noexcept;
} // namespace detail
inline Mode mode() noexcept { return detail::process_mode().load(std::memory_order_relaxed); }

} // namespace jit
