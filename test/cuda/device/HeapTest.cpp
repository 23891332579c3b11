// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The heap of a device over a source that counts.
#include "runtime/cuda/Heap.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace jit::gpu {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

/// Addresses that nobody may follow, up to a limit.
class Counted final : public MemorySource {
public:
  std::byte *allocate(std::size_t bytes) noexcept override {
    if (held + bytes > limit)
      return nullptr;
    held += bytes;
    next = (next + 511) / 512 * 512;
    auto *block = reinterpret_cast<std::byte *>(next);
    next += bytes;
    blocks[block] = bytes;
    return block;
  }
  void free(std::byte *block) noexcept override {
    EXPECT_EQ(blocks.count(block), 1u);
    held -= blocks[block];
    blocks.erase(block);
  }
  void finish_work() noexcept override { ++waits; }

  std::size_t limit = 1024 * mib, held = 0;
  std::uintptr_t next = std::uintptr_t{1} << 46;
  std::map<std::byte *, std::size_t> blocks;
  int waits = 0;
};

TEST(Heap, SmallBlocksShareASlab) {
  Counted source;
  Heap heap(source);
  std::set<std::byte *> blocks;
  for (int i = 0; i < 1000; ++i) {
    std::byte *block = heap.allocate(1000);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % Heap::alignment, 0u);
    EXPECT_TRUE(blocks.insert(block).second);
  }
  EXPECT_EQ(source.blocks.size(), 1u);
  const HeapStats stats = heap.stats();
  EXPECT_EQ(stats.live_bytes, 1'000'000);
  EXPECT_EQ(stats.live_bytes + stats.cached_bytes, static_cast<std::int64_t>(source.held));
  EXPECT_EQ(stats.allocations, 1000u);
}

TEST(Heap, ABlockIsUsedAgain) {
  Counted source;
  Heap heap(source);
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{70'000}, mib, 3 * mib}) {
    std::byte *block = heap.allocate(bytes);
    heap.deallocate(block, bytes);
    EXPECT_EQ(heap.allocate(bytes), block) << bytes;
  }
}

TEST(Heap, NoTwoBlocksOverlap) {
  Counted source;
  Heap heap(source);
  std::mt19937_64 random(3);
  std::map<std::byte *, std::size_t> live;
  for (int i = 0; i < 20'000; ++i) {
    if (live.size() > 200 || (!live.empty() && random() % 3 == 0)) {
      const auto entry = std::next(live.begin(), static_cast<long>(random() % live.size()));
      heap.deallocate(entry->first, entry->second);
      live.erase(entry);
      continue;
    }
    const std::size_t bytes = 1 + random() % (std::size_t{1} << (random() % 22));
    std::byte *block = heap.allocate(bytes);
    ASSERT_NE(block, nullptr);
    const auto [entry, added] = live.emplace(block, bytes);
    ASSERT_TRUE(added);
    if (const auto next = std::next(entry); next != live.end()) {
      ASSERT_LE(block + bytes, next->first);
    }
    if (entry != live.begin()) {
      ASSERT_LE(std::prev(entry)->first + std::prev(entry)->second, block);
    }
  }
  std::size_t sum = 0;
  for (const auto &[block, bytes] : live)
    sum += bytes;
  EXPECT_EQ(heap.stats().live_bytes, static_cast<std::int64_t>(sum));
  EXPECT_GE(heap.stats().peak_live_bytes, heap.stats().live_bytes);
  while (!live.empty()) {
    heap.deallocate(live.begin()->first, live.begin()->second);
    live.erase(live.begin());
  }
  heap.release_cached();
  EXPECT_EQ(source.held, 0u);
  EXPECT_EQ(heap.stats().cached_bytes, 0);
}

TEST(Heap, CachedMemoryIsGivenBackBeforeAnAllocationFails) {
  Counted source;
  source.limit = 64 * mib;
  Heap heap(source);
  std::byte *big = heap.allocate(40 * mib);
  heap.deallocate(big, 40 * mib);
  EXPECT_EQ(source.waits, 0);
  std::byte *other = heap.allocate(50 * mib);
  EXPECT_NE(other, nullptr);
  EXPECT_EQ(heap.allocate(50 * mib), nullptr);
  EXPECT_GE(source.waits, 1); // and what waits for work to end has been asked for
  EXPECT_EQ(heap.stats().live_bytes, static_cast<std::int64_t>(50 * mib));
  heap.deallocate(other, 50 * mib);
  EXPECT_NE(heap.allocate(1000), nullptr); // a slab fits again
}

TEST(Heap, ASlabWithALiveBlockStays) {
  Counted source;
  Heap heap(source);
  std::byte *kept = heap.allocate(100);
  std::byte *freed = heap.allocate(200'000);
  heap.deallocate(freed, 200'000);
  heap.release_cached();
  EXPECT_EQ(source.blocks.size(), 1u);
  heap.deallocate(kept, 100);
  heap.release_cached();
  EXPECT_EQ(source.blocks.size(), 0u);
}

} // namespace
} // namespace jit::gpu
