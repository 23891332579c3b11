// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Back-off: how long what went wrong is left alone.
#pragma once

#include <algorithm>
#include <cstdint>

namespace jit {

/// No back-off is longer.
inline constexpr std::uint64_t longest_back_off = std::uint64_t{1} << 20;

/// After it went wrong `times` times before: `first` runs, and four times as many each time.
constexpr std::uint64_t back_off(std::uint64_t first, std::uint32_t times) noexcept {
  constexpr std::uint32_t enough = 10; // 4^10 is the longest
  return std::min(longest_back_off, first << 2 * std::min(times, enough));
}

} // namespace jit
