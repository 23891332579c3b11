// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How many threads jobs get when nobody forces a number: by CPUs, by what is asked for, and by what
// was faster.
#include "runtime/kernels/ThreadPool.h"
#include "test/unit/kernels/FakeCpus.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <sched.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace jit;
using jit::test::FakeCpus;

namespace {

using std::chrono::steady_clock;

class ChosenThreads : public testing::Test {
protected:
  void SetUp() override {
    force_thread_count(0);
    limit_thread_count(0);
  }
  void TearDown() override { limit_thread_count(0); }
};

// Plain, not atomic: the pool's own ordering must make the writes visible (TSan checks it).
void expect_each_once(std::int64_t chunks, std::uint64_t kind = 0) {
  std::vector<int> hits(static_cast<std::size_t>(chunks), 0);
  parallel_for(chunks, [&](std::int64_t i) { ++hits[static_cast<std::size_t>(i)]; }, kind);
  for (std::size_t i = 0; i < hits.size(); ++i)
    ASSERT_EQ(hits[i], 1) << "chunk " << i << " of " << chunks;
}

/// How many of so many jobs were shared. A chunk takes so long on the caller and on a worker.
int shared_jobs(int jobs, std::int64_t chunks, std::chrono::microseconds alone,
                std::chrono::microseconds on_worker) {
  int shared = 0;
  for (int job = 0; job < jobs; ++job) {
    const auto caller = std::this_thread::get_id();
    std::atomic<bool> helped{false};
    parallel_for(chunks, [&](std::int64_t) {
      const bool here = std::this_thread::get_id() == caller;
      if (!here)
        helped = true;
      std::this_thread::sleep_for(here ? alone : on_worker);
    });
    shared += helped;
  }
  return shared;
}

} // namespace

TEST_F(ChosenThreads, AreTheFewestOfCpusAndWhatIsAskedFor) {
  FakeCpus cpus(8);
  EXPECT_EQ(thread_count(), 8);
  limit_thread_count(3);
  EXPECT_EQ(thread_count(), 3);
  limit_thread_count(1000);
  EXPECT_EQ(thread_count(), 8);
  cpus.become(2);
  EXPECT_EQ(thread_count(), 2);
  limit_thread_count(1);
  EXPECT_EQ(thread_count(), 1);
  cpus.become(100);
  EXPECT_EQ(thread_count(), 1);
  limit_thread_count(0);
  EXPECT_EQ(thread_count(), max_threads);
  limit_thread_count(64);
  EXPECT_EQ(thread_count(), 64);
  limit_thread_count(5);
  EXPECT_EQ(thread_count(), 5);
}

TEST_F(ChosenThreads, CpusThatComeAndGoAreSeenByJobs) {
  FakeCpus cpus(1);
  for (const int count : {4, 1, 8, 2, 1, 3}) {
    cpus.become(count);
    for (int i = 0; i < 50; ++i)
      expect_each_once(100);
    EXPECT_EQ(threads_now(), count);
  }
}

TEST_F(ChosenThreads, CpusAreLookedAtOnceASecond) {
  FakeCpus cpus(2);
  expect_each_once(2);
  const int before = FakeCpus::looks();
  const auto begin = steady_clock::now();
  for (int i = 0; i < 20000; ++i)
    expect_each_once(2);
  const std::chrono::duration<double> passed = steady_clock::now() - begin;
  EXPECT_LE(FakeCpus::looks() - before, 1 + passed.count() / 0.4);
  while (FakeCpus::looks() == before && steady_clock::now() - begin < std::chrono::seconds(60))
    expect_each_once(2);
  EXPECT_GT(FakeCpus::looks(), before);
}

TEST_F(ChosenThreads, ForcedOnesDoNotLookAtCpus) {
  const FakeCpus cpus(2);
  force_thread_count(3);
  const int before = FakeCpus::looks();
  set_cpu_source(nullptr);
  for (int i = 0; i < 100; ++i)
    expect_each_once(20);
  EXPECT_EQ(thread_count(), 3);
  EXPECT_EQ(FakeCpus::looks(), before);
}

TEST_F(ChosenThreads, RunEveryChunkOnce) {
  const FakeCpus cpus(8);
  for (const std::int64_t chunks : {0, 1, 2, 3, 5, 7, 64, 1000})
    for (int repeat = 0; repeat < 300; ++repeat)
      expect_each_once(chunks, static_cast<std::uint64_t>(repeat % 3));
}

// A busy machine may mislead for a while: it is enough that the right number is found in the end.
TEST_F(ChosenThreads, AreOneWhereSharingLoses) {
  using std::chrono::microseconds;
  const FakeCpus cpus(4);
  int shared = 50;
  for (int block = 0; block < 200 && shared > 5; ++block)
    shared = shared_jobs(50, 4, microseconds(1), microseconds(2000));
  EXPECT_LE(shared, 5);
}

TEST_F(ChosenThreads, AreAllWhereSharingWins) {
  using std::chrono::microseconds;
  const FakeCpus cpus(4);
  shared_jobs(20, 8, microseconds(500), microseconds(500)); // beyond the first trials
  int shared = 0;
  for (int block = 0; block < 200 && shared < 45; ++block)
    shared = shared_jobs(50, 8, microseconds(500), microseconds(500));
  EXPECT_GE(shared, 45);
}

/// While a job of one thread runs, another caller may have the pool.
TEST_F(ChosenThreads, SeveralCallersAtOnceWhileCountsChange) {
  FakeCpus cpus(8);
  std::atomic<bool> stop{false};
  std::vector<std::thread> callers;
  for (std::uint64_t t = 0; t < 4; ++t)
    callers.emplace_back([t] {
      for (int repeat = 0; repeat < 2000; ++repeat)
        expect_each_once(1 + repeat % 40, t % 2);
    });
  std::thread changes([&] {
    for (int i = 0; !stop; ++i) {
      cpus.become(1 + i % 9);
      limit_thread_count(i % 5);
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  });
  for (std::thread &caller : callers)
    caller.join();
  stop = true;
  changes.join();
  cpus.become(6);
  limit_thread_count(0);
  EXPECT_EQ(thread_count(), 6);
}

/// A thread that is bound to one CPU may be the first to share work.
TEST_F(ChosenThreads, WorkersAreNotBoundLikeTheirCreator) {
  force_thread_count(2); // no workers
  force_thread_count(3);
  cpu_set_t process;
  ASSERT_EQ(sched_getaffinity(getpid(), sizeof process, &process), 0);
  std::thread([&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; CPU_COUNT(&one) == 0; ++cpu)
      if (CPU_ISSET(cpu, &process))
        CPU_SET(cpu, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    const auto caller = std::this_thread::get_id();
    std::atomic<int> bound{0}, helped{0};
    for (int job = 0; job < 1000 && helped == 0; ++job)
      parallel_for(16, [&](std::int64_t) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        cpu_set_t mine;
        if (std::this_thread::get_id() == caller || sched_getaffinity(0, sizeof mine, &mine) != 0)
          return;
        ++helped;
        bound += !CPU_EQUAL(&mine, &process);
      });
    EXPECT_GT(helped, 0);
    EXPECT_EQ(bound, 0);
  }).join();
}

TEST_F(ChosenThreads, NestedCallsStayOnTheirThread) {
  const FakeCpus cpus(4);
  for (int repeat = 0; repeat < 200; ++repeat)
    parallel_for(6, [&](std::int64_t) {
      const auto outer = std::this_thread::get_id();
      std::int64_t expected = 0;
      parallel_for(10, [&](std::int64_t k) {
        EXPECT_EQ(std::this_thread::get_id(), outer);
        EXPECT_EQ(k, expected++);
      });
      limit_thread_count(1); // no effect here
    });
  EXPECT_EQ(thread_count(), 4);
}

TEST_F(ChosenThreads, ChildrenOfAForkUseOne) {
  const FakeCpus cpus(4);
  for (int i = 0; i < 20; ++i)
    expect_each_once(50);
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop)
      expect_each_once(50);
  });
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      int hits = 0;
      for (int repeat = 0; repeat < 20; ++repeat)
        parallel_for(50, [&](std::int64_t) { ++hits; }); // not atomic: one thread
      limit_thread_count(2);
      parallel_for(50, [&](std::int64_t) { ++hits; });
      _exit(hits == 21 * 50 ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  stop = true;
  other.join();
}

TEST(ChosenThreadsDeathTest, ExitWhileOthersRunJobs) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto run = [] {
    static const FakeCpus cpus(4);
    force_thread_count(0);
    for (int t = 0; t < 2; ++t)
      std::thread([] {
        for (;;)
          parallel_for(8, [](std::int64_t) {});
      }).detach();
    for (int i = 0; i < 500; ++i)
      expect_each_once(20);
    std::exit(0);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}
