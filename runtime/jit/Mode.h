// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The mode of the process as a fast read.
#pragma once

#include <tracejit/mode.h>

#include <atomic>

namespace jit {

namespace detail {
inline constexpr Mode unread_mode{0xff};
extern constinit std::atomic<Mode> process_mode;
/// What option `mode` says.
Mode first_mode() noexcept;
} // namespace detail

inline Mode mode() noexcept {
  const Mode now = detail::process_mode.load(std::memory_order_relaxed);
  return now != detail::unread_mode ? now : detail::first_mode();
}
inline void change_mode(Mode mode) noexcept {
  detail::process_mode.store(mode, std::memory_order_relaxed);
}

} // namespace jit
