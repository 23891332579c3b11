// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes of the arena's blocks: multiples of 64 bytes up to 1 KiB, then four steps a doubling up to
// 512 KiB (blocks cut from chunks), then eight steps a doubling (regions mapped one by one).
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace jit::arena {

inline constexpr std::size_t block_alignment = 64;
inline constexpr std::size_t padding =
    64; ///< bytes after the last element that belong to the block

inline constexpr unsigned linear_classes = 16;
inline constexpr unsigned small_classes = linear_classes + 4 * 5; ///< up to 32 KiB
inline constexpr unsigned block_classes = linear_classes + 4 * 9; ///< up to 512 KiB

inline constexpr std::size_t max_small_bytes = (std::size_t{32} << 10) - padding;
inline constexpr std::size_t max_block_bytes = (std::size_t{512} << 10) - padding;

/// Class of a block for `bytes` of payload; bytes <= max_block_bytes.
constexpr unsigned block_class(std::size_t bytes) noexcept {
  const std::size_t last = bytes + padding - 1;
  if (last < 1024)
    return static_cast<unsigned>(last / 64);
  const auto log2 = static_cast<unsigned>(std::bit_width(last)) - 1; // >= 10
  return linear_classes + 4 * (log2 - 10) + static_cast<unsigned>((last >> (log2 - 2)) & 3);
}

constexpr std::size_t class_bytes(unsigned cls) noexcept {
  if (cls < linear_classes)
    return 64 * (std::size_t{cls} + 1);
  const unsigned step = cls - linear_classes;
  return std::size_t{5 + step % 4} << (8 + step / 4);
}

inline constexpr std::size_t min_region_bytes = std::size_t{256} << 10;
inline constexpr std::size_t max_region_bytes = std::size_t{1} << 46;
inline constexpr unsigned region_classes = 8 * (46 - 18) + 1;

/// Class of a region of at least `bytes`; bytes <= max_region_bytes.
constexpr unsigned region_class(std::size_t bytes) noexcept {
  const std::size_t last = std::max(bytes, min_region_bytes) - 1;
  const auto log2 = static_cast<unsigned>(std::bit_width(last)) - 1; // >= 17
  return 8 * (log2 - 17) + static_cast<unsigned>((last >> (log2 - 3)) & 7) - 7;
}

constexpr std::size_t region_class_bytes(unsigned cls) noexcept {
  const unsigned step = cls + 7;
  return std::size_t{9 + step % 8} << (14 + step / 8);
}

} // namespace jit::arena
