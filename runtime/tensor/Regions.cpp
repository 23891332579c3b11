// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mapping, huge page advice, and the cache of free regions.
#include "runtime/tensor/Regions.h"

#include "runtime/base/SystemMemory.h"
#include "runtime/tensor/Poison.h"

#include <sys/mman.h>

namespace jit::arena {
namespace {

constinit std::atomic<std::size_t> mapped{0};
constinit std::atomic<std::size_t> limit{0}; // 0: the system's memory, read at first use

std::size_t mapped_limit() noexcept {
  std::size_t bytes = limit.load(std::memory_order_relaxed);
  if (bytes == 0) {
    bytes = system_memory_bytes();
    limit.store(bytes, std::memory_order_relaxed);
  }
  return bytes;
}

// An aligned piece of a larger reservation; both ends are given back.
std::byte *map_aligned(std::size_t bytes) noexcept {
  const std::size_t reserved = bytes + region_alignment;
  void *start = mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED)
    return nullptr;
  const auto first = reinterpret_cast<std::uintptr_t>(start);
  const std::uintptr_t base = (first + region_alignment - 1) & ~(region_alignment - 1);
  if (base > first)
    munmap(start, base - first);
  if (const std::size_t tail = first + reserved - (base + bytes); tail > 0)
    munmap(reinterpret_cast<void *>(base + bytes), tail);
  return reinterpret_cast<std::byte *>(base);
}

} // namespace

Region *map_region(std::size_t bytes) noexcept {
  if (bytes > max_region_bytes)
    return nullptr;
  bytes = region_class_bytes(region_class(bytes));
  if (mapped.fetch_add(bytes, std::memory_order_relaxed) + bytes > mapped_limit()) {
    mapped.fetch_sub(bytes, std::memory_order_relaxed);
    return nullptr;
  }
  std::byte *base = map_aligned(bytes);
  if (!base) {
    mapped.fetch_sub(bytes, std::memory_order_relaxed);
    return nullptr;
  }
  // Before the first touch, and only whole huge pages: the tail stays in small ones.
  constexpr std::size_t huge_page = std::size_t{2} << 20;
  if (bytes >= huge_page)
    madvise(base, bytes & ~(huge_page - 1), MADV_HUGEPAGE);
  return new (base) Region{bytes, nullptr, nullptr, nullptr, nullptr};
}

Region *map_surplus_region(std::size_t bytes) noexcept {
  Region *region = map_region(bytes);
  if (region)
    region->surplus = true;
  return region;
}

void unmap_region(Region *region) noexcept {
  const std::size_t bytes = region->bytes;
  TRACEJIT_UNPOISON(region, bytes);
  munmap(region, bytes);
  mapped.fetch_sub(bytes, std::memory_order_relaxed);
}

void unmap_regions(Region *newest) noexcept {
  while (newest)
    unmap_region(std::exchange(newest, newest->older));
}

std::size_t mapped_bytes() noexcept { return mapped.load(std::memory_order_relaxed); }

void set_mapped_limit(std::size_t bytes) noexcept { limit.store(bytes, std::memory_order_relaxed); }

Region *RegionCache::take(std::size_t bytes) noexcept {
  if (bytes > max_region_bytes)
    return nullptr;
  if (Region *region = free[region_class(bytes)]) {
    unlink(region);
    return region;
  }
  if (Region *region = map_region(bytes))
    return region;
  trim(0);
  return map_region(bytes);
}

void RegionCache::give(Region *region) noexcept {
  if (region->surplus) {
    region->older = std::exchange(surplus, region);
    return;
  }
  Region *&head = free[region_class(region->bytes)];
  *region = {region->bytes, nullptr, newest, head, nullptr};
  if (head)
    head->prev_same = region;
  head = region;
  (newest ? newest->newer : oldest) = region;
  newest = region;
  cached += region->bytes;
  trim(cap());
}

void RegionCache::unlink(Region *region) noexcept {
  (region->prev_same ? region->prev_same->next_same : free[region_class(region->bytes)]) =
      region->next_same;
  if (region->next_same)
    region->next_same->prev_same = region->prev_same;
  (region->newer ? region->newer->older : newest) = region->older;
  (region->older ? region->older->newer : oldest) = region->newer;
  cached -= region->bytes;
  TRACEJIT_UNPOISON(region, region->bytes);
}

void RegionCache::trim(std::size_t keep_bytes) noexcept {
  if (keep_bytes == 0)
    unmap_regions(take_surplus());
  while (cached > keep_bytes) {
    Region *region = oldest;
    unlink(region);
    unmap_region(region);
  }
}

void RegionCache::set_cap(std::size_t bytes) noexcept {
  cap_bytes = std::max<std::size_t>(bytes, 1);
  trim(bytes);
}

std::size_t RegionCache::cap() noexcept {
  if (cap_bytes == 0)
    cap_bytes = std::max(std::size_t{1} << 30, system_memory_bytes() / 4);
  return cap_bytes;
}

} // namespace jit::arena
