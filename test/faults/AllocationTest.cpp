// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The n-th request for memory fails, for every n of a scenario: an Error at its line or nothing to
// see; Variables hold what they held or what was assigned; the next call is right; nothing leaks;
// and the traces get compiled in the end. Requests are: blocks of the tensor arena, operator new
// and realloc and mmap on user threads, operator new on the compile thread outside of the compiler.
#include "runtime/base/Log.h"
#include "runtime/tensor/Arena.h"
#include "test/faults/Compilers.h"
#include "test/faults/FailingMemory.h"
#include "test/faults/Scenario.h"
#include "test/faults/Stride.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace jit::faults {
namespace {

struct InUse {
  std::int64_t blocks, bytes;
};
/// What sessions keep for temporaries of programs grows and shrinks with the programs that they
/// run.
InUse in_use() {
  const MemoryStats stats = memory_stats();
  return {blocks_in_use(), stats.live_bytes - stats.arena_bytes};
}

/// One kind of request that can be made to fail.
struct Fault {
  void (*arm)(std::uint64_t n);    ///< the n-th from now fails
  bool (*disarm)(std::uint64_t n); ///< whether it did
};

template <Request kind> constexpr Fault fault_of() {
  return {[](std::uint64_t n) { arm(kind, n); }, [](std::uint64_t n) { return disarm() >= n; }};
}

class AllocationTest : public testing::Test {
protected:
  void SetUp() override {
    plug_in_compiler();
    set_log_level(LogComponent::compile, LogLevel::off);
    run_with(nothing, 0); // what is made once, is made
    growth = usual_growth();
  }
  void TearDown() override {
    turned_off = true;
    turned_off.notify_all();
    for (std::thread &thread : threads)
      thread.join();
  }

  /// From now on each run is the first on its thread, which stays: its session is new.
  void use_new_threads() {
    new_threads = true;
    growth = usual_growth();
  }

  /// Each run leaves a trace, and what its paths remember of it differs by a block or two.
  InUse usual_growth() {
    InUse most = run_with(nothing, 0);
    for (int again = 0; again < 20; ++again)
      most.blocks = std::max(most.blocks, run_with(nothing, 0).blocks);
    return most;
  }

  /// Every n of one kind, until there is no n-th request.
  void fail_each(const Fault &fault, std::uint64_t step = stride()) {
    int faults = 0;
    errors = 0;
    for (std::uint64_t n = 1 + first_of(step); happened || faults == 0; n += step) {
      SCOPED_TRACE("request " + std::to_string(n));
      InUse left = run_with(fault, n);
      // A container may be one node longer by chance; what leaks does so every time.
      const auto grew = [&] { return left.blocks > growth.blocks || left.bytes > growth.bytes; };
      for (int again = 0; again < 3 && grew(); ++again)
        left = run_with(fault, n);
      EXPECT_LE(left.blocks, growth.blocks);
      EXPECT_EQ(left.bytes, growth.bytes);
      if (HasFailure())
        return;
      ++faults;
    }
    std::printf("%d faults, %d errors\n", faults - 1, errors);
    EXPECT_GT(faults, 1);
  }

  int errors = 0;

private:
  static constexpr Fault nothing{[](std::uint64_t) {}, [](std::uint64_t) { return false; }};

  /// A scenario to its end, with the n-th request failing. Returns what stays in use.
  InUse run_with(const Fault &fault, std::uint64_t n) {
    if (!new_threads)
      return run_here(fault, n);
    InUse left{};
    std::atomic<bool> ready{false};
    threads.emplace_back([&, this] {
      const Uncounted scope;
      left = run_here(fault, n);
      ready = true;
      ready.notify_one();
      turned_off.wait(false);
    });
    ready.wait(false);
    return left;
  }

  InUse run_here(const Fault &fault, std::uint64_t n) {
    const InUse before = in_use();
    {
      Scenario scenario(++scenarios, reader);
      fault.arm(n);
      for (int step = 0; step < scenario.steps(); ++step)
        if (!ran(scenario, step)) {
          scenario.check_variables();
          EXPECT_TRUE(ran(scenario, step)) << "step " << step << " failed twice";
        }
      happened = fault.disarm(n);
      scenario.expect_compiled();
    }
    const InUse after = in_use();
    return {after.blocks - before.blocks, after.bytes - before.bytes};
  }

  bool ran(Scenario &scenario, int step) {
    const Uncounted checking;
    try {
      scenario.run(step);
      return true;
    } catch (const Error &error) {
      EXPECT_EQ(error.code(), ErrorCode::out_of_memory) << error.what();
      ++errors;
    }
    return false;
  }

  const Uncounted test_itself;
  Reader reader;
  InUse growth{};
  bool happened = false;
  bool new_threads = false;
  std::vector<std::thread> threads;
  std::atomic<bool> turned_off{false};
  static int scenarios;
};
int AllocationTest::scenarios = 0;

/// Requests that go to the C library.
class SystemAllocationTest : public AllocationTest {
protected:
  void SetUp() override {
    if (!memory_can_fail)
      GTEST_SKIP() << why_memory_cannot_fail;
    AllocationTest::SetUp();
  }
};

TEST_F(AllocationTest, OfTensorBlocks) {
  fail_each({arena::set_allocation_failure, [](std::uint64_t) {
               const bool failed = arena::allocations_to_failure() == 0;
               arena::set_allocation_failure(0);
               return failed;
             }});
  EXPECT_GT(errors, 0);
}

TEST_F(SystemAllocationTest, OfOperatorNewOnUserThreads) {
  fail_each(fault_of<Request::user_new>());
  EXPECT_GT(errors, 0);
}

TEST_F(SystemAllocationTest, OfOperatorNewOnTheCompileThread) {
  fail_each(fault_of<Request::compile_new>());
  EXPECT_EQ(errors, 0); // it is nobody's line
}

TEST_F(SystemAllocationTest, OfRealloc) {
  use_new_threads();
  fail_each(fault_of<Request::user_realloc>(), real_compiler ? 5 : 1);
}

} // namespace
} // namespace jit::faults
