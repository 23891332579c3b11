// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The memory of small ops: an op that was run before is found, wherever its metas lie.
#include "runtime/kernels/InferCache.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace jit {
namespace {

/// Keys of a loop of `ops` ops over some twenty metas at addresses that `seed` decides.
std::vector<InferKey> keys_of_loop(std::size_t ops, std::mt19937_64 &random) {
  std::vector<const Meta *> metas(ops);
  for (const Meta *&meta : metas) // as malloc and the loader place them
    meta = reinterpret_cast<const Meta *>(0x7f00'0000'0000 + (random() % (1u << 30)) * 16);
  std::vector<InferKey> keys(ops);
  for (InferKey &key : keys) {
    key.op = static_cast<OpKind>(random() % 60);
    key.push_back({metas[random() % ops]});
    if (random() % 2)
      key.push_back({metas[random() % ops]});
    else
      key.push_back({nullptr, ScalarKind::floating});
  }
  return keys;
}

std::size_t misses_of_turn(InferCache &cache, const std::vector<InferKey> &keys) {
  std::size_t misses = 0;
  for (const InferKey &key : keys)
    if (!cache.find(key)) {
      ++misses;
      ResultMetas result;
      result.count = 1;
      result.metas[0] = key.metas[0];
      cache.put(key, result);
    }
  return misses;
}

TEST(InferCache, LoopOf21OpsDoesNotMissAfterWarmUp) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    std::mt19937_64 random(seed);
    auto cache = std::make_unique<InferCache>();
    // Half of the runs come after a long life: every place is taken by something else.
    if (seed % 2)
      misses_of_turn(*cache, keys_of_loop(4000, random));
    const std::vector<InferKey> keys = keys_of_loop(21, random);
    for (int turn = 0; turn < 20; ++turn)
      misses_of_turn(*cache, keys);
    for (int turn = 0; turn < 100; ++turn)
      ASSERT_EQ(misses_of_turn(*cache, keys), 0u) << "seed " << seed << ", turn " << turn;
    for (const InferKey &key : keys)
      EXPECT_EQ(cache->find(key)->metas[0], key.metas[0]);
  }
}

TEST(InferCache, EmptyCacheKnowsNothing) {
  auto cache = std::make_unique<InferCache>();
  InferKey key;
  key.push_back({nullptr, ScalarKind{}}); // as zero as a key can be
  EXPECT_EQ(cache->find(key), nullptr);
}

/// Something zero that notes whom it served; each test has its own.
template <int Test> struct Note {
  int value, left;
  void leave_thread() noexcept { ++left; }
};

TEST(PerThread, IsMadeOnceAndHandedOn) {
  using ThreadNote = PerThread<Note<1>>;
  EXPECT_EQ(ThreadNote::find(), nullptr);
  Note<1> *first = nullptr;
  std::thread([&] {
    EXPECT_EQ(ThreadNote::get().value, 0);
    EXPECT_EQ(ThreadNote::find(), nullptr);
    first = ThreadNote::make();
    ASSERT_NE(first, nullptr);
    first->value = 7;
    EXPECT_EQ(&ThreadNote::get(), first);
    EXPECT_EQ(ThreadNote::find(), first);
    EXPECT_EQ(ThreadNote::make(), first);
  }).join();
  std::thread([&] {
    EXPECT_EQ(ThreadNote::get().value,
              0); // what another thread had is not seen before it is asked for
    Note<1> *second = ThreadNote::make();
    EXPECT_EQ(second, first);
    EXPECT_EQ(second->value, 7);
    EXPECT_EQ(second->left, 1);
  }).join();
}

/// Made before the note, so that its destructor runs after the note's clean-up.
struct Late {
  using ThreadNote = PerThread<Note<2>>;
  bool used = false;
  static inline bool got_none = false;
  ~Late() { got_none = !ThreadNote::find() && !ThreadNote::make() && ThreadNote::get().value == 0; }
};

TEST(PerThread, IsGoneInLaterDestructors) {
  std::thread([] {
    thread_local Late late;
    late.used = true;
    Late::ThreadNote::make()->value = 1;
  }).join();
  EXPECT_TRUE(Late::got_none);
}

TEST(PerThread, ThreadsAtOnceHaveTheirOwn) {
  using ThreadNote = PerThread<Note<3>>;
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 1; t <= 40; ++t) // more than are kept
    threads.emplace_back([&wrong, t] {
      Note<3> *mine = ThreadNote::make();
      for (int i = 0; i < 1000; ++i) {
        mine->value = t;
        std::this_thread::yield();
        wrong += ThreadNote::get().value != t;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

} // namespace
} // namespace jit
