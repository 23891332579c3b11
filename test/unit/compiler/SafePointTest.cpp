// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A compilation can be left standing at any of its safe points, and reaches them often.
#include "runtime/base/SafePoint.h"
#include "test/unit/compiler/GraphBuilder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>
#include <time.h>
#include <unistd.h>

namespace jit::test {
namespace {

/// 2,000 ops; every width has kernels of its own.
Graph long_path(std::int64_t width) {
  GraphBuilder g;
  OperandCode x = g.input(DType::f32, {width, width});
  const OperandCode w = g.input(DType::f32, {width, width});
  for (int layer = 0; layer < 500; ++layer) {
    const OperandCode y = g.op(OpKind::matmul, {x, w});
    x = g.op(OpKind::add, {g.op(OpKind::tanh, {g.op(OpKind::multiply, {y, x})}), x});
  }
  g.output(x);
  return g.graph;
}

std::atomic<std::uint64_t> points{0}, stop_at{0};
std::atomic<bool> parked{false};

void count_or_park() noexcept {
  if (points.fetch_add(1) + 1 != stop_at)
    return;
  parked = true;
  for (;;)
    pause();
}

/// Points that a compilation of the path passes.
std::uint64_t count_points(std::int64_t width) {
  points = stop_at = 0;
  park_function = count_or_park;
  park_wanted = true;
  const Graph graph = long_path(width);
  const CompileResult result = compiler().compile(graph, {});
  park_wanted = false;
  EXPECT_TRUE(result.program) << result.message;
  return points;
}

TEST(SafePoint, IsReachedOften) {
  // Nine passes and the planner go over all 2,000 ops, fusion tries 1,500 pairs and more.
  EXPECT_GT(count_points(8), 20'000u);
}

[[noreturn]] void exit_while_parked(std::uint64_t point) {
  points = 0;
  stop_at = point;
  park_function = count_or_park;
  compiler();
  park_wanted = true;
  std::thread([] {
    const Graph graph = long_path(10);
    compiler().compile(graph, {});
    std::_Exit(3); // it never stood still
  }).detach();
  while (!parked)
    usleep(100);
  std::exit(0);
}

TEST(SafePointDeathTest, TheProcessEndsCleanlyWithAThreadStandingThere) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::uint64_t all = count_points(9);
  for (const std::uint64_t point : {std::uint64_t{1}, all / 2, all - 150, all - 50})
    EXPECT_EXIT(exit_while_parked(point), testing::ExitedWithCode(0), "") << point << " of " << all;
}

} // namespace
} // namespace jit::test
