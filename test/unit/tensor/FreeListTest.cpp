// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Object pools: distinct objects, flat memory across threads, thread exit.
#include "runtime/tensor/FreeList.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

using namespace jit;

TEST(FreeList, ObjectsAreAlignedAndDistinct) {
  struct Tag;
  using Pool = FreeList<128, Tag>;
  std::set<void *> seen;
  for (int i = 0; i < 5000; ++i) {
    void *object = Pool::take();
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(object) % 64, 0u);
    EXPECT_TRUE(seen.insert(object).second);
    std::memset(object, 0xAB, 128);
  }
  for (void *object : seen) {
    for (int i = 0; i < 128; ++i)
      ASSERT_EQ(static_cast<unsigned char *>(object)[i], 0xAB);
    Pool::give(object);
  }
  std::set<void *> again;
  for (int i = 0; i < 5000; ++i)
    again.insert(Pool::take());
  EXPECT_EQ(again.size(), 5000u);
  int unseen = 0;
  for (void *object : again) {
    unseen += !seen.contains(object);
    Pool::give(object);
  }
  EXPECT_LT(unseen, 512); // nothing was lost: a slab may have had some objects left
}

TEST(FreeList, LastGivenIsFirstTaken) {
  struct Tag;
  using Pool = FreeList<64, Tag>;
  void *object = Pool::take();
  Pool::give(object);
  EXPECT_EQ(Pool::take(), object);
  Pool::give(object);
}

// A producer and a consumer: the same objects must come round for ever.
TEST(FreeList, HandOverReusesObjects) {
  struct Tag;
  using Pool = FreeList<128, Tag>;
  std::set<void *> seen;
  std::vector<void *> box;
  std::mutex guard;
  std::atomic<int> turn{0};
  constexpr int rounds = 300;
  std::thread consumer([&] {
    for (int round = 0; round < rounds; ++round) {
      while (turn.load() != 2 * round + 1)
        std::this_thread::yield();
      const std::lock_guard lock(guard);
      for (void *object : box)
        Pool::give(object);
      box.clear();
      turn = 2 * round + 2;
    }
  });
  for (int round = 0; round < rounds; ++round) {
    {
      const std::lock_guard lock(guard);
      for (int i = 0; i < 333; ++i)
        box.push_back(Pool::take());
      seen.insert(box.begin(), box.end());
    }
    turn = 2 * round + 1;
    while (turn.load() != 2 * round + 2)
      std::this_thread::yield();
  }
  consumer.join();
  EXPECT_LE(seen.size(), 2000u); // of 99,900 handed over
}

TEST(FreeList, ExitedThreadsAndLateGivesLoseNothing) {
  struct Tag;
  using Pool = FreeList<128, Tag>;
  struct Late {
    void *object = nullptr;
    ~Late() {
      Pool::give(object);
      Pool::give(Pool::take());
    }
  };
  std::set<void *> seen;
  for (int i = 0; i < 200; ++i)
    std::thread([&] {
      thread_local Late late; // constructed before the pool's cleanup, destroyed after it
      late.object = Pool::take();
      seen.insert(late.object);
      std::vector<void *> more;
      for (int k = 0; k < 100; ++k)
        more.push_back(Pool::take());
      seen.insert(more.begin(), more.end());
      for (void *object : more)
        Pool::give(object);
    }).join();
  EXPECT_LE(seen.size(), 1024u);
}

TEST(FreeList, ThreadsNeverShareAnObject) {
  struct Tag;
  using Pool = FreeList<128, Tag>;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t] {
      std::vector<void *> mine;
      for (int step = 0; step < 20000; ++step) {
        void *object = Pool::take();
        std::memset(object, t + 1, 128);
        mine.push_back(object);
        if (mine.size() == 200)
          for (; !mine.empty(); mine.pop_back()) {
            for (int i = 0; i < 128; ++i)
              ASSERT_EQ(static_cast<char *>(mine.back())[i], t + 1);
            Pool::give(mine.back());
          }
      }
      for (void *object : mine)
        Pool::give(object);
    });
  for (std::thread &thread : threads)
    thread.join();
}
