// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The mode of the process and the test options, as fast reads.
#pragma once

#include <tracejit/trace.h>

#include <atomic>

namespace jit {

namespace detail {
extern std::atomic<Mode> current_mode;
}
inline Mode mode() noexcept { return detail::current_mode.load(std::memory_order_relaxed); }

} // namespace jit
