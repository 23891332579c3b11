// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arena: per-thread lists of small blocks, and the per-process part from ArenaCentral.
#include "runtime/tensor/Arena.h"

#include "runtime/base/PerThread.h"
#include "runtime/tensor/ArenaCentral.h"
#include "runtime/tensor/Poison.h"

#include <array>
#include <atomic>

namespace jit::arena {
namespace {

// A bounded list of free blocks of one class. A full one gives half of itself back.
struct Magazine {
  FreeBlock *head = nullptr;
  std::uint32_t count = 0;
};

constexpr std::uint32_t magazine_limit(unsigned cls) noexcept {
  return static_cast<std::uint32_t>(
      std::clamp<std::size_t>((std::size_t{64} << 10) / class_bytes(cls), 4, 64));
}

constexpr auto magazine_limits = [] {
  std::array<std::uint8_t, small_classes> limits{};
  for (unsigned cls = 0; cls < small_classes; ++cls)
    limits[cls] = static_cast<std::uint8_t>(magazine_limit(cls));
  return limits;
}();

// Not yet added to the totals, which are updated when |live| exceeds the slack.
struct Counters {
  std::int64_t live = 0;
  std::int64_t peak = 0;
  std::uint64_t allocations = 0;
};
constexpr std::int64_t slack = std::int64_t{64} << 10;

// A thread without one takes every block from the process and counts in the totals.
struct ThreadCache {
  std::array<Magazine, small_classes> magazines;
  Counters counters;
  bool open = false; // false: this is none, and its magazines are empty
  void leave_thread() noexcept;
};
using ThreadMemory = PerThread<ThreadCache>;

struct Totals {
  std::atomic<std::int64_t> live{0};
  std::atomic<std::int64_t> peak{0};
  std::atomic<std::uint64_t> allocations{0};
};
constinit Totals totals;
constinit std::atomic<std::uint64_t> failure_countdown{0};

[[gnu::noinline]] void flush(Counters &counters) noexcept {
  const std::int64_t before = totals.live.fetch_add(counters.live, std::memory_order_relaxed);
  const std::int64_t reached = before + std::max(counters.peak, counters.live);
  std::int64_t peak = totals.peak.load(std::memory_order_relaxed);
  while (reached > peak &&
         !totals.peak.compare_exchange_weak(peak, reached, std::memory_order_relaxed)) {
  }
  totals.allocations.fetch_add(counters.allocations, std::memory_order_relaxed);
  counters = {};
}

void count(Counters &counters, std::int64_t bytes) noexcept {
  counters.live += bytes;
  counters.peak = std::max(counters.peak, counters.live);
  if (counters.live > slack || counters.live < -slack) [[unlikely]]
    flush(counters);
}

/// The same for a thread that may have no cache.
void count(ThreadCache *cache, std::int64_t bytes, unsigned allocations) noexcept {
  if (cache) {
    cache->counters.allocations += allocations;
    return count(cache->counters, bytes);
  }
  Counters once{bytes, std::max<std::int64_t>(bytes, 0), allocations};
  flush(once);
}

void flush_own_counters() noexcept {
  if (ThreadCache *cache = ThreadMemory::find())
    flush(cache->counters);
}

void give_back(Magazine &magazine, unsigned cls, std::uint32_t blocks) noexcept {
  if (blocks == 0)
    return;
  FreeBlock *first = magazine.head;
  FreeBlock *last = first;
  for (std::uint32_t i = 1; i < blocks; ++i)
    last = last->next;
  magazine.head = last->next;
  magazine.count -= blocks;
  last->next = nullptr;
  central::give_blocks(cls, first);
}

void give_back_all(ThreadCache &cache) noexcept {
  for (unsigned cls = 0; cls < small_classes; ++cls)
    give_back(cache.magazines[cls], cls, cache.magazines[cls].count);
}

void ThreadCache::leave_thread() noexcept {
  give_back_all(*this);
  flush(counters);
}

ThreadCache *make_cache() noexcept {
  ThreadCache *cache = ThreadMemory::make();
  if (cache)
    cache->open = true;
  return cache;
}

bool failure_due() noexcept {
  std::uint64_t left = failure_countdown.load(std::memory_order_relaxed);
  while (left != 0)
    if (failure_countdown.compare_exchange_weak(left, left - 1, std::memory_order_relaxed))
      return left == 1;
  return false;
}

FreeBlock *pop(Magazine &magazine) noexcept {
  FreeBlock *block = magazine.head;
  magazine.head = block->next;
  --magazine.count;
  return block;
}

void *take_small(ThreadCache *cache, unsigned cls) noexcept {
  if (!cache)
    return central::take_blocks(cls, 1).first;
  Magazine &magazine = cache->magazines[cls];
  if (!magazine.head) {
    const Batch batch = central::take_blocks(cls, (magazine_limits[cls] + 1U) / 2);
    magazine = {batch.first, batch.count};
  }
  return magazine.head ? pop(magazine) : nullptr;
}

[[gnu::noinline]] std::byte *allocate_slow(std::size_t bytes) noexcept {
  ThreadCache *cache = make_cache();
  if (bytes > max_region_bytes / 2 || failure_due())
    return nullptr;
  void *block = nullptr;
  if (bytes <= max_small_bytes)
    block = take_small(cache, block_class(bytes));
  else if (bytes <= max_block_bytes)
    block = central::take_blocks(block_class(bytes), 1).first;
  else
    block = central::take_region(bytes);
  if (!block)
    return nullptr;
  TRACEJIT_UNPOISON(block, bytes + padding);
  count(cache, static_cast<std::int64_t>(bytes), 1);
  return static_cast<std::byte *>(block);
}

[[gnu::noinline]] void deallocate_slow(std::byte *block, std::size_t bytes) noexcept {
  ThreadCache *cache = make_cache();
  count(cache, -static_cast<std::int64_t>(bytes), 0);
  if (bytes > max_block_bytes)
    return central::give_region(block, bytes);
  const unsigned cls = block_class(bytes);
  auto *free = new (block) FreeBlock{nullptr};
  if (bytes > max_small_bytes || !cache)
    return central::give_blocks(cls, free);
  Magazine &magazine = cache->magazines[cls];
  give_back(magazine, cls, magazine.count / 2);
  free->next = magazine.head;
  magazine.head = free;
  ++magazine.count;
}

} // namespace

std::byte *allocate(std::size_t bytes) noexcept {
  if (bytes <= max_small_bytes && failure_countdown.load(std::memory_order_relaxed) == 0)
      [[likely]] {
    ThreadCache &cache = ThreadMemory::get();
    Magazine &magazine = cache.magazines[block_class(bytes)];
    if (magazine.head) [[likely]] {
      FreeBlock *block = pop(magazine);
      TRACEJIT_UNPOISON(block, bytes + padding);
      ++cache.counters.allocations;
      count(cache.counters, static_cast<std::int64_t>(bytes));
      return reinterpret_cast<std::byte *>(block);
    }
  }
  return allocate_slow(bytes);
}

void deallocate(std::byte *block, std::size_t bytes) noexcept {
  if (!block)
    return;
  // The first bytes stay readable: they are the links of free lists.
  TRACEJIT_POISON(block + sizeof(DeferredBlock), bytes + padding - sizeof(DeferredBlock));
  if (bytes <= max_small_bytes) [[likely]] {
    ThreadCache &cache = ThreadMemory::get();
    const unsigned cls = block_class(bytes);
    Magazine &magazine = cache.magazines[cls];
    if (cache.open && magazine.count < magazine_limits[cls]) [[likely]] {
      magazine.head = new (block) FreeBlock{magazine.head};
      ++magazine.count;
      return count(cache.counters, -static_cast<std::int64_t>(bytes));
    }
  }
  deallocate_slow(block, bytes);
}

MemoryStats stats() noexcept {
  flush_own_counters();
  MemoryStats result;
  result.live_bytes = totals.live.load(std::memory_order_relaxed);
  result.cached_bytes =
      std::max<std::int64_t>(static_cast<std::int64_t>(mapped_bytes()) - result.live_bytes, 0);
  result.peak_live_bytes = totals.peak.load(std::memory_order_relaxed);
  result.allocations = totals.allocations.load(std::memory_order_relaxed);
  return result;
}

void reset_peak() noexcept {
  flush_own_counters();
  totals.peak.store(totals.live.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

void set_cache_cap(std::size_t bytes) noexcept { central::set_cache_cap(bytes); }

void release_cached() noexcept {
  if (ThreadCache *cache = ThreadMemory::find())
    give_back_all(*cache);
  central::release_cached();
}

void set_limit(std::size_t bytes) noexcept { set_mapped_limit(bytes); }

void set_allocation_failure(std::uint64_t n) noexcept {
  failure_countdown.store(n, std::memory_order_relaxed);
}

std::uint64_t allocations_to_failure() noexcept {
  return failure_countdown.load(std::memory_order_relaxed);
}

} // namespace jit::arena
