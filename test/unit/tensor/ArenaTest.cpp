// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The arena: layout of blocks, reuse, limits, statistics, threads, thread exit, fork.
#include "runtime/tensor/Arena.h"

#include "runtime/tensor/ArenaCentral.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <limits>
#include <mutex>
#include <random>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace jit;

namespace {

constexpr std::size_t kib = 1024, mib = kib * kib;
const std::vector<std::size_t> edge_sizes = {0,
                                             1,
                                             4,
                                             63,
                                             64,
                                             65,
                                             127,
                                             960,
                                             961,
                                             4096,
                                             31 * kib,
                                             32 * kib - 64,
                                             32 * kib - 63,
                                             32 * kib,
                                             100 * kib,
                                             512 * kib - 64,
                                             512 * kib - 63,
                                             512 * kib,
                                             mib,
                                             2 * mib,
                                             2 * mib + 1,
                                             7 * mib + 13};

struct Block {
  std::byte *data;
  std::size_t bytes;
  std::uint8_t fill;
};

Block make(std::size_t bytes, std::uint8_t fill) {
  Block block{arena::allocate(bytes), bytes, fill};
  EXPECT_NE(block.data, nullptr);
  if (block.data)
    std::memset(block.data, fill, bytes + arena::padding);
  return block;
}

void check(const Block &block) {
  for (std::size_t i = 0; i < block.bytes + arena::padding; i += i < 4096 ? 1 : 97)
    ASSERT_EQ(static_cast<std::uint8_t>(block.data[i]), block.fill) << block.bytes << " at " << i;
}

std::int64_t live() { return arena::stats().live_bytes; }

} // namespace

TEST(Arena, BlocksAreAlignedAndOwnTheirPadding) {
  std::vector<Block> blocks;
  for (int copy = 0; copy < 3; ++copy)
    for (const std::size_t bytes : edge_sizes)
      blocks.push_back(make(bytes, static_cast<std::uint8_t>(blocks.size() + 1)));
  for (const Block &block : blocks) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.data) % arena::block_alignment, 0u);
    check(block);
  }
  for (const Block &block : blocks)
    arena::deallocate(block.data, block.bytes);
}

TEST(Arena, RandomLifetimesNeverOverlap) {
  std::mt19937_64 random(7);
  std::vector<Block> blocks;
  const std::int64_t before = live();
  for (int step = 0; step < 20000; ++step) {
    if (blocks.size() < 40 || random() % 2) {
      const std::size_t top = std::size_t{1} << (random() % 21);
      blocks.push_back(make(random() % top, static_cast<std::uint8_t>(random())));
    } else {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      check(blocks.back());
      arena::deallocate(blocks.back().data, blocks.back().bytes);
      blocks.pop_back();
    }
    if (blocks.size() > 300)
      for (; blocks.size() > 40; blocks.pop_back())
        arena::deallocate(blocks.back().data, blocks.back().bytes);
  }
  for (const Block &block : blocks)
    arena::deallocate(block.data, block.bytes);
  EXPECT_EQ(live(), before);
}

TEST(Arena, FreedBlocksAreReused) {
  for (const std::size_t bytes : edge_sizes) {
    std::byte *first = arena::allocate(bytes);
    arena::deallocate(first, bytes);
    const std::int64_t mapped = arena::stats().live_bytes + arena::stats().cached_bytes;
    for (int i = 0; i < 100; ++i)
      arena::deallocate(arena::allocate(bytes), bytes);
    EXPECT_EQ(arena::stats().live_bytes + arena::stats().cached_bytes, mapped) << bytes;
  }
}

TEST(Arena, StatisticsCountLivePeakAndAllocations) {
  const MemoryStats before = arena::stats();
  arena::reset_peak();
  EXPECT_EQ(arena::stats().peak_live_bytes, before.live_bytes);
  std::byte *a = arena::allocate(1000), *b = arena::allocate(10 * mib);
  arena::deallocate(b, 10 * mib);
  std::byte *c = arena::allocate(24);
  const MemoryStats after = arena::stats();
  EXPECT_EQ(after.live_bytes, before.live_bytes + 1024);
  EXPECT_EQ(after.peak_live_bytes, before.live_bytes + 1000 + 10 * std::int64_t{mib});
  EXPECT_EQ(after.allocations, before.allocations + 3);
  EXPECT_GE(after.cached_bytes, 10 * std::int64_t{mib});
  arena::reset_peak();
  EXPECT_EQ(arena::stats().peak_live_bytes, after.live_bytes);
  arena::deallocate(a, 1000);
  arena::deallocate(c, 24);
  EXPECT_EQ(live(), before.live_bytes);
}

TEST(Arena, PeakOfSmallBlocksIsExactOnOneThread) {
  arena::reset_peak();
  const std::int64_t before = live();
  std::byte *a = arena::allocate(100), *b = arena::allocate(200);
  arena::deallocate(a, 100);
  arena::deallocate(b, 200);
  EXPECT_EQ(arena::stats().peak_live_bytes, before + 300);
}

TEST(Arena, ImpossibleSizesFailCleanly) {
  const std::int64_t before = live();
  constexpr std::size_t top = std::numeric_limits<std::size_t>::max();
  for (const std::size_t bytes : {top, top - 1, top - 63, top - 64, top / 2, top / 2 + 1,
                                  std::size_t{1} << 60, std::size_t{1} << 47, std::size_t{1} << 46})
    EXPECT_EQ(arena::allocate(bytes), nullptr) << bytes;
  arena::set_limit(std::size_t{64} << 30);
  EXPECT_EQ(arena::allocate(std::size_t{200} * 1000 * 1000 * 1000), nullptr);
  arena::set_limit(0);
  EXPECT_EQ(live(), before);
  arena::deallocate(make(mib, 1).data, mib);
  arena::deallocate(nullptr, 17);
}

TEST(Arena, FullLimitGivesCachedMemoryBackBeforeItFails) {
  arena::release_cached();
  std::byte *block = arena::allocate(20 * mib);
  const MemoryStats now = arena::stats();
  arena::set_limit(static_cast<std::size_t>(now.live_bytes + now.cached_bytes) + 4 * mib);
  EXPECT_EQ(arena::allocate(8 * mib), nullptr);
  arena::deallocate(block, 20 * mib);
  std::byte *other = arena::allocate(8 * mib);
  EXPECT_NE(other, nullptr);
  arena::deallocate(other, 8 * mib);
  arena::set_limit(0);
}

TEST(Arena, CacheStaysBelowItsCap) {
  arena::release_cached();
  const std::int64_t floor = arena::stats().cached_bytes;
  arena::set_cache_cap(16 * mib);
  std::vector<std::byte *> blocks;
  for (int i = 0; i < 20; ++i)
    blocks.push_back(arena::allocate(4 * mib));
  for (std::byte *block : blocks)
    arena::deallocate(block, 4 * mib);
  EXPECT_LE(arena::stats().cached_bytes, floor + 16 * std::int64_t{mib});
  EXPECT_GE(arena::stats().cached_bytes, floor + 8 * std::int64_t{mib});
  arena::set_cache_cap(std::size_t{1} << 30);
}

TEST(Arena, ManySmallBlocksGoBackToTheSystemToo) {
  arena::release_cached();
  const std::int64_t floor = arena::stats().cached_bytes;
  std::vector<std::byte *> blocks;
  for (int i = 0; i < 100000; ++i)
    blocks.push_back(arena::allocate(200));
  for (std::byte *block : blocks)
    arena::deallocate(block, 200);
  EXPECT_GE(arena::stats().cached_bytes, floor + 20 * std::int64_t{mib});
  arena::release_cached();
  EXPECT_LE(arena::stats().cached_bytes, floor + std::int64_t{mib});
}

TEST(Arena, InjectedFailureHitsTheNthAllocationOnce) {
  for (const std::size_t bytes : {std::size_t{16}, 100 * kib, 2 * mib}) {
    arena::set_allocation_failure(3);
    std::byte *a = arena::allocate(bytes), *b = arena::allocate(bytes);
    EXPECT_NE(a, nullptr);
    EXPECT_NE(b, nullptr);
    EXPECT_EQ(arena::allocate(bytes), nullptr);
    std::byte *d = arena::allocate(bytes);
    EXPECT_NE(d, nullptr);
    for (std::byte *block : {a, b, d})
      arena::deallocate(block, bytes);
  }
  arena::set_allocation_failure(1);
  arena::set_allocation_failure(0);
  arena::deallocate(make(16, 1).data, 16);
}

// One thread allocates, another frees: nothing may pile up.
TEST(Arena, HandOverBetweenThreadsKeepsMemoryFlat) {
  arena::release_cached();
  constexpr int rounds = 200, per_round = 500;
  std::vector<Block> box;
  std::mutex guard;
  std::atomic<int> turn{0};
  std::int64_t early = 0;
  std::thread consumer([&] {
    for (int round = 0; round < rounds; ++round) {
      while (turn.load() != 2 * round + 1)
        std::this_thread::yield();
      const std::lock_guard lock(guard);
      for (const Block &block : box) {
        EXPECT_EQ(static_cast<std::uint8_t>(block.data[block.bytes]), block.fill);
        arena::deallocate(block.data, block.bytes);
      }
      box.clear();
      turn = 2 * round + 2;
    }
  });
  const auto mapped = [] { return arena::stats().live_bytes + arena::stats().cached_bytes; };
  for (int round = 0; round < rounds; ++round) {
    {
      const std::lock_guard lock(guard);
      for (int i = 0; i < per_round; ++i)
        box.push_back(make(static_cast<std::size_t>(i) * 97, static_cast<std::uint8_t>(i)));
    }
    turn = 2 * round + 1;
    while (turn.load() != 2 * round + 2)
      std::this_thread::yield();
    if (round == rounds / 4)
      early = mapped();
  }
  const std::int64_t late = mapped();
  consumer.join();
  EXPECT_LE(late, early + std::int64_t{2 * mib});
}

TEST(Arena, ThreadsAllocateAndFreeAtOnce) {
  const std::int64_t before = live();
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t)
    threads.emplace_back([t] {
      std::mt19937_64 random(t);
      std::vector<Block> blocks;
      for (int step = 0; step < 20000; ++step) {
        const std::size_t top = std::size_t{1} << (random() % 18);
        blocks.push_back(make(random() % top, static_cast<std::uint8_t>(t * 50 + step % 50)));
        if (blocks.size() > 30) {
          std::swap(blocks[random() % blocks.size()], blocks.back());
          check(blocks.back());
          arena::deallocate(blocks.back().data, blocks.back().bytes);
          blocks.pop_back();
        }
      }
      for (const Block &block : blocks)
        arena::deallocate(block.data, block.bytes);
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(live(), before);
}

// The holder of the lock may be preempted for long: nobody waits, and nothing is lost.
TEST(Arena, GoesOnWhileTheLockIsHeld) {
  arena::release_cached();
  const MemoryStats before = arena::stats();
  const auto churn = [] {
    std::vector<Block> blocks;
    for (int i = 0; i < 50; ++i)
      for (const std::size_t bytes : {std::size_t{10}, std::size_t{5000}, 100 * kib, 600 * kib})
        blocks.push_back(make(bytes, static_cast<std::uint8_t>(blocks.size())));
    for (const Block &block : blocks) {
      check(block);
      arena::deallocate(block.data, block.bytes);
    }
  };
  {
    const arena::central::LockHolder holder;
    churn();
    std::thread(churn).join();
  }
  EXPECT_EQ(live(), before.live_bytes);
  EXPECT_GE(arena::stats().cached_bytes, before.cached_bytes + std::int64_t{20 * mib});
  churn(); // takes in what had to wait
  arena::release_cached();
  EXPECT_EQ(live(), before.live_bytes);
  EXPECT_LE(arena::stats().cached_bytes, before.cached_bytes + std::int64_t{mib});
}

TEST(Arena, WhatIsMappedWhileTheLockIsHeldDoesNotPileUp) {
  const auto churn = [] {
    std::vector<Block> blocks;
    for (const std::size_t bytes : {5 * kib, 100 * kib, 600 * kib})
      blocks.push_back(make(bytes, 1));
    for (const Block &block : blocks)
      arena::deallocate(block.data, block.bytes);
  };
  std::int64_t early = 0;
  for (int i = 0; i < 200; ++i) {
    {
      const arena::central::LockHolder holder;
      std::thread(churn).join();
    }
    std::thread(churn).join();
    if (i == 20)
      early = arena::stats().cached_bytes;
  }
  EXPECT_LE(arena::stats().cached_bytes, early + std::int64_t{mib});
}

namespace {

// Frees and allocates in its destructor, which runs after the arena's own thread cleanup when it
// was constructed before the thread's first allocation.
struct Late {
  std::byte *block = nullptr;
  ~Late() {
    arena::deallocate(block, 300);
    for (const std::size_t bytes : edge_sizes) {
      std::byte *other = arena::allocate(bytes);
      if (other)
        std::memset(other, 1, bytes);
      arena::deallocate(other, bytes);
    }
  }
};

} // namespace

TEST(Arena, WorksAfterTheThreadsCleanup) {
  const std::int64_t before = live();
  std::thread([] {
    thread_local Late late;
    late.block = arena::allocate(300);
  }).join();
  EXPECT_EQ(live(), before);
}

TEST(Arena, ExitedThreadsLeaveTheirBlocksToOthers) {
  const auto churn = [] {
    std::vector<std::byte *> blocks;
    for (int i = 0; i < 60; ++i)
      blocks.push_back(arena::allocate(1000));
    for (std::byte *block : blocks)
      arena::deallocate(block, 1000);
  };
  std::thread(churn).join();
  const std::int64_t cached = arena::stats().cached_bytes;
  for (int i = 0; i < 100; ++i)
    std::thread(churn).join();
  EXPECT_EQ(arena::stats().cached_bytes, cached);
}

TEST(Arena, ChildOfAForkCanAllocateWhileOthersDid) {
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop)
      for (const std::size_t bytes : {std::size_t{100} * kib, mib, std::size_t{10}})
        arena::deallocate(arena::allocate(bytes), bytes);
  });
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      for (const std::size_t bytes : edge_sizes) {
        std::byte *block = arena::allocate(bytes);
        if (!block)
          _exit(1);
        std::memset(block, 1, bytes);
        arena::deallocate(block, bytes);
      }
      _exit(0);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  stop = true;
  busy.join();
}
