// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory mapped from the system and the capped cache of mappings that are free.
#pragma once

#include "runtime/tensor/SizeClasses.h"

#include <array>
#include <atomic>
#include <utility>

namespace jit::arena {

/// The first 64 bytes of every mapping. `bytes` stays valid while the mapping is in use.
struct Region {
  std::size_t bytes;
  Region *newer, *older;         // all free regions by age
  Region *next_same, *prev_same; // free regions of one class
  bool surplus = false;          // not kept when free: mapped while the cache was locked
};
inline constexpr std::size_t region_header_bytes = 64;
static_assert(sizeof(Region) <= region_header_bytes);

inline constexpr std::size_t region_alignment = std::size_t{4} << 20;

/// Maps a region without looking at the cache; no lock needed. nullptr past the limit.
Region *map_region(std::size_t bytes) noexcept;
/// For want of the cache. One region of the cache may be free meanwhile, so that keeping this one
/// too would let the cache grow each time.
Region *map_surplus_region(std::size_t bytes) noexcept;
void unmap_region(Region *region) noexcept;
/// And all older ones.
void unmap_regions(Region *newest) noexcept;

/// Bytes mapped now, in use or cached, and the most there may be.
std::size_t mapped_bytes() noexcept;
void set_mapped_limit(std::size_t bytes) noexcept;

/// Free regions, oldest given back first. The owner's lock guards it.
class RegionCache {
public:
  /// A region of exactly the class of `bytes`, from the cache or mapped; nullptr out of memory.
  Region *take(std::size_t bytes) noexcept;
  void give(Region *region) noexcept;
  /// Surplus regions that were given, linked by `older`: to be unmapped without the lock.
  Region *take_surplus() noexcept { return std::exchange(surplus, nullptr); }
  void trim(std::size_t keep_bytes) noexcept;
  void set_cap(std::size_t bytes) noexcept;

private:
  void unlink(Region *region) noexcept;
  std::size_t cap() noexcept;

  std::array<Region *, region_classes> free{};
  Region *newest = nullptr;
  Region *oldest = nullptr;
  Region *surplus = nullptr;
  std::size_t cached = 0;
  std::size_t cap_bytes = 0; // 0: not computed yet
};

} // namespace jit::arena
