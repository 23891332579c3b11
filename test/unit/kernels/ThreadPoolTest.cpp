// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pool: every chunk once, nesting, busy callers, changing counts, fork, exit. Each number of
// threads is forced; then they are chosen.
#include "runtime/kernels/ThreadPool.h"

#include "runtime/kernels/Mxcsr.h"
#include "test/unit/kernels/FakeCpus.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace jit;
using jit::test::FakeCpus;

namespace {

class ThreadPool : public testing::TestWithParam<int> {
protected:
  void SetUp() override { force_thread_count(GetParam()); }
};

// Plain, not atomic: the pool's own ordering must make the writes visible (TSan checks it).
void expect_each_once(std::int64_t chunks) {
  std::vector<int> hits(static_cast<std::size_t>(chunks), 0);
  parallel_for(chunks, [&](std::int64_t i) { ++hits[static_cast<std::size_t>(i)]; });
  for (std::size_t i = 0; i < hits.size(); ++i)
    ASSERT_EQ(hits[i], 1) << "chunk " << i << " of " << chunks;
}

} // namespace

TEST_P(ThreadPool, RunsEveryChunkOnce) {
  EXPECT_EQ(thread_count(), GetParam());
  for (const std::int64_t chunks : {0, 1, 2, 3, 4, 5, 7, 64, 1000})
    for (int repeat = 0; repeat < 50; ++repeat)
      expect_each_once(chunks);
  expect_each_once(100000);
}

TEST_P(ThreadPool, WakesSleepingWorkers) {
  for (int repeat = 0; repeat < 5; ++repeat) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    expect_each_once(100);
  }
}

TEST_P(ThreadPool, NestedCallsRunInline) {
  std::vector<int> sums(20, 0);
  parallel_for(20, [&](std::int64_t i) {
    const auto outer = std::this_thread::get_id();
    std::int64_t expected = 0;
    parallel_for(10, [&](std::int64_t k) {
      EXPECT_EQ(std::this_thread::get_id(), outer);
      EXPECT_EQ(k, expected++); // in order
      sums[static_cast<std::size_t>(i)] += static_cast<int>(k);
    });
    force_thread_count(1); // no effect here
  });
  EXPECT_EQ(thread_count(), GetParam());
  for (const int sum : sums)
    EXPECT_EQ(sum, 45);
}

TEST_P(ThreadPool, SeveralCallersAtOnce) {
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([] {
      for (int repeat = 0; repeat < 300; ++repeat)
        expect_each_once(1 + repeat % 40);
    });
  for (std::thread &caller : callers)
    caller.join();
}

TEST_P(ThreadPool, WorkersRunUnderTheDefaultEnvironment) {
  const std::uint32_t before = _mm_getcsr();
  _mm_setcsr(0x9FC0);
  force_thread_count(GetParam() == 1 ? 2 : 1); // new workers inherit the creator's control word
  force_thread_count(GetParam());
  const auto caller = std::this_thread::get_id();
  std::atomic<int> wrong{0};
  parallel_for(64, [&](std::int64_t) {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    if (std::this_thread::get_id() != caller && (_mm_getcsr() & 0xFFC0) != default_mxcsr)
      ++wrong;
  });
  _mm_setcsr(before);
  EXPECT_EQ(wrong, 0);
}

TEST_P(ThreadPool, UsesAsManyThreadsAsAsked) {
  // Each chunk waits for all the others, so it takes every thread to finish in time.
  std::atomic<int> arrived{0};
  std::atomic<bool> late{false};
  const int n = GetParam();
  parallel_for(n, [&](std::int64_t) {
    ++arrived;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (arrived < n && !late) {
      std::this_thread::yield();
      if (std::chrono::steady_clock::now() > end)
        late = true;
    }
  });
  EXPECT_FALSE(late);
  EXPECT_EQ(arrived, n);
}

TEST_P(ThreadPool, ChildOfAForkRunsInline) {
  expect_each_once(10); // workers exist
  std::atomic<bool> stop{false};
  std::thread other([&] { // so that some forks happen while the pool is busy
    while (!stop)
      expect_each_once(50);
  });
  for (int i = 0; i < 10; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      int hits = 0;
      parallel_for(100, [&](std::int64_t k) { hits += k == hits; });
      force_thread_count(3);
      parallel_for(100, [&](std::int64_t) { ++hits; });
      _exit(hits == 200 ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  stop = true;
  other.join();
}

INSTANTIATE_TEST_SUITE_P(Counts, ThreadPool, testing::Values(1, 2, 4, 7));

TEST(ThreadPoolCount, IsClampedAndGivenBack) {
  force_thread_count(1000);
  EXPECT_EQ(thread_count(), max_threads);
  expect_each_once(1000);
  const FakeCpus cpus(5);
  force_thread_count(0);
  EXPECT_EQ(thread_count(), 5);
  force_thread_count(2);
  EXPECT_EQ(thread_count(), 2);
  force_thread_count(-5);
  EXPECT_EQ(thread_count(), 5);
}

namespace {

// Destroyed after the pool has closed: must run inline and not hang.
struct AtExit {
  ~AtExit() {
    int hits = 0;
    parallel_for(10, [&](std::int64_t) { ++hits; });
    if (hits != 10)
      _exit(9);
  }
} at_exit;

} // namespace

TEST(ThreadPoolExitDeathTest, ExitJoinsWorkersAndLaterCallsRunInline) {
  testing::FLAGS_gtest_death_test_style = "threadsafe"; // a fresh process
  const auto run = [] {
    force_thread_count(4);
    expect_each_once(100);
    std::exit(0);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST(ThreadPoolExitDeathTest, ExitInsideABodyDoesNotHang) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto run = [] {
    force_thread_count(2);
    parallel_for(10, [](std::int64_t) {
      static std::atomic<bool> first{true};
      if (first.exchange(false))
        std::exit(0);
    });
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}
