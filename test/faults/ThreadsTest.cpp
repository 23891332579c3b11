// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Threads that come and go: CPUs are taken away and given back, the program asks for another
// number, jobs are shared or not as the pool chooses. Programs made before stay right, bit for bit.
#include "runtime/kernels/ThreadPool.h"
#include "test/ErrorLine.h"
#include "test/faults/Compilers.h"
#include "test/unit/jit/CompiledTest.h"
#include "test/unit/kernels/FakeCpus.h"

#include <cmath>
#include <thread>

namespace jit::faults {
namespace {

using test::FakeCpus;
using test::same_bits;
using Values = std::vector<Tensor>;

class ThreadsTest : public testing::Test {
protected:
  void SetUp() override {
    plug_in_compiler();
    force_thread_count(0);
    set_thread_count(0);
    set_mode(Mode::on);
  }
  void TearDown() override { set_thread_count(0); }
};

/// Every family of kernels at a size that is shared: rows and products have scratch for as many
/// workers as there are when they are planned.
Values everything(const Tensor &x, const Tensor &y, const Tensor &indices) {
  const Tensor a = exp(x * 0.1) - y;
  const Tensor b = softmax(a) + layer_norm(y, x(0), x(1));
  const Tensor c = relu(matmul(b, permute_dims(y, {1, 0})) + 0.5);
  const Tensor d = matmul(permute_dims(a, {1, 0}), b);
  const Tensor e = take(b, indices, 0) + where(a > 0, x, y);
  return {b,
          c,
          d,
          e,
          sum(c, {.axis = 0}),
          sum(e),
          argmax(e, {.axis = 1}),
          softmax(d, 0),
          vecdot(x, y),
          matmul(indices, indices)};
}

/// Odd extents, with numbers that no order of sums forgives.
struct Inputs {
  Tensor x, y, indices;
  explicit Inputs(std::int64_t rows) {
    Generator random(5);
    x = normal(random, {rows, 331}) * 3.0;
    y = uniform(random, {rows, 331}) - 0.25;
    y = where(x > 8, -INFINITY, where(x < -8, 1e-41, y));
    indices = (uniform(random, {rows}) * static_cast<double>(rows)).astype(DType::i64);
  }
  Values operator()() const { return everything(x, y, indices); }
};

void expect_same(const Values &expected, const Values &got) {
  ASSERT_EQ(expected.size(), got.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_TRUE(same_bits(expected[i], got[i])) << i;
}

Values on_one_thread(const Inputs &inputs) {
  set_thread_count(1);
  const Values values = test::plainly([&] { return inputs(); });
  set_thread_count(0);
  return values;
}

} // namespace

TEST_F(ThreadsTest, EagerBitsDoNotDependOnThem) {
  const Inputs inputs(301);
  const Values expected = on_one_thread(inputs);
  FakeCpus cpus(8);
  for (const int count : {8, 2, 64, 1, 3, 5}) {
    cpus.become(count);
    for (int repeat = 0; repeat < 8; ++repeat) // until fewer have been tried
      expect_same(expected, test::plainly([&] { return inputs(); }));
  }
}

TEST_F(ThreadsTest, ProgramsMadeUnderAnotherNumberStayRight) {
  FakeCpus cpus(8);
  for (const int made_under : {1, 2, 8}) {
    const Inputs inputs(203);
    const Values expected = on_one_thread(inputs);
    cpus.become(8);
    set_thread_count(made_under);
    auto traced = trace([&] { return inputs(); }, {"made under " + std::to_string(made_under)});
    for (int call = 0; call < 4; ++call) {
      expect_same(expected, traced());
      ASSERT_TRUE(wait_compiled());
    }
    const std::uint64_t before = test::hits(traced);
    int calls = 0;
    for (const int asked_for : {1, 8, 3, 0, 2, 64})
      for (const int available : {8, 1, 16, 2}) {
        set_thread_count(asked_for);
        cpus.become(available);
        for (int repeat = 0; repeat < 3; ++repeat, ++calls)
          expect_same(expected, traced());
      }
    EXPECT_EQ(test::hits(traced), before + static_cast<std::uint64_t>(calls));
  }
}

/// Two threads run the same program while the number changes under them.
TEST_F(ThreadsTest, TheNumberChangesWhileProgramsRun) {
  FakeCpus cpus(8);
  const Inputs inputs(151);
  const Values expected = on_one_thread(inputs);
  auto traced = trace([&] { return inputs(); }, {"changes"});
  for (int call = 0; call < 4; ++call) {
    traced();
    ASSERT_TRUE(wait_compiled());
  }
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&, mine = traced]() mutable {
      for (int call = 0; call < 60; ++call)
        expect_same(expected, mine());
    });
  std::thread changes([&] {
    for (int i = 0; !stop; ++i) {
      set_thread_count(i % 6);
      cpus.become(1 + i % 9);
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
  });
  for (std::thread &thread : threads)
    thread.join();
  stop = true;
  changes.join();
  EXPECT_GE(test::hits(traced), 100u);
}

TEST_F(ThreadsTest, TheNumberIsReadAndSet) {
  FakeCpus cpus(6);
  EXPECT_EQ(thread_count(), 6);
  set_thread_count(4);
  EXPECT_EQ(thread_count(), 4);
  set_thread_count(1000);
  EXPECT_EQ(thread_count(), 6);
  cpus.become(100);
  EXPECT_EQ(thread_count(), 64);
  set_thread_count(0);
  EXPECT_EQ(thread_count(), 64);
}

/// Rows and products have one piece of work a worker, so one worker has no job to share.
TEST_F(ThreadsTest, CpusThatComeAreSeenByRowsAndProducts) {
  const Tensor x = ones({300, 300});
  for (const bool rows : {false, true}) {
    FakeCpus cpus(1);
    EXPECT_EQ(thread_count(), 1);
    cpus.become(3);
    const Tensor y = test::plainly([&] { return rows ? softmax(x) : matmul(x, x); });
    EXPECT_EQ(threads_now(), 3);
  }
}

TEST_F(ThreadsTest, NegativeNumbersAreRefused) {
  FakeCpus cpus(6);
  set_thread_count(4);
  for (const int n : {-1, -64, std::numeric_limits<int>::min()}) {
    const auto here = std::source_location::current();
    try {
      set_thread_count(n);
      FAIL();
    } catch (const Error &error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_EQ(without_line(error.what(), here),
                "set_thread_count: " + std::to_string(n) + " threads; 0 means one for each CPU");
    }
  }
  EXPECT_EQ(thread_count(), 4);
}

TEST(ThreadsDeathTest, TheOptionCountsUntilAnotherNumberIsSet) {
  testing::FLAGS_gtest_death_test_style = "threadsafe"; // a fresh process reads it afresh
  setenv("TRACEJIT", "threads=3", 1);
  const auto run = [] {
    static const FakeCpus cpus(8);
    const bool before = thread_count() == 3; // no op has run yet
    const Tensor x = ones({100'000}) + 1;
    const bool after = thread_count() == 3;
    set_thread_count(5);
    const Tensor y = x + 1;
    const bool set = thread_count() == 5;
    set_thread_count(0);
    std::_Exit(before && after && set && thread_count() == 8 ? 0 : 1);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
  unsetenv("TRACEJIT");
}

} // namespace jit::faults
