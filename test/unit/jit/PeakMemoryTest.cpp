// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/PeakMemory.h"
#include "runtime/base/SystemMemory.h"

#include "runtime/trace/Text.h"

#include <gtest/gtest.h>

namespace jit {
namespace {

Graph graph_of(const std::string &body) {
  ParsedTraces parsed = parse_traces(
      "tracejit-trace 1\nname \"peak\"\ninput %in0 : f32[1000]\n" + body + "end\n", "test");
  EXPECT_EQ(parsed.graphs.size(), 1u);
  return parsed.graphs.empty() ? Graph{} : std::move(parsed.graphs[0]);
}

constexpr std::size_t block = 4000;

TEST(PeakMemoryTest, AChainHoldsTwoValuesAtOnce) {
  EXPECT_EQ(peak_of_ops(graph_of("%0 = exp(%in0) : f32[1000]\n"
                                 "%1 = exp(%0) : f32[1000]\n"
                                 "%2 = exp(%1) : f32[1000]\n"
                                 "output %2\n")),
            2 * block);
}

TEST(PeakMemoryTest, ViewsKeepTheirBase) {
  EXPECT_EQ(peak_of_ops(graph_of("%0 = exp(%in0) : f32[1000]\n"
                                 "%1 = reshape(%0) shape=[10,100] : f32[10,100]\n"
                                 "%2 = exp(%in0) : f32[1000]\n"
                                 "%3 = exp(%1) : f32[10,100]\n"
                                 "output %2\noutput %3\n")),
            3 * block);
}

TEST(PeakMemoryTest, OutputsThatTakeOverInputsCostNothing) {
  const Graph graph = graph_of("%0 = exp(%in0) : f32[1000]\n"
                               "%1 = abs(%0) : f32[1000]\n"
                               "output %0\noutput %1\n");
  ProgramInfo info;
  info.arena_bytes = 64 + 1024;
  info.work_bytes = 1024;
  EXPECT_EQ(peak_of_program(graph, info), 2 * block + 64);
  info.donated_input = {-1, 0};
  EXPECT_EQ(peak_of_program(graph, info), block + 64);
}

TEST(PeakMemoryTest, AnEighthAndAMebibyteAreAllowed) {
  constexpr std::size_t mib = std::size_t{1} << 20;
  EXPECT_EQ(memory_budget(0, 0), mib);
  EXPECT_EQ(memory_budget(80 * mib, 0), 10 * mib);
  EXPECT_EQ(memory_budget(80 * mib, 1280 * mib), 20 * mib);
  EXPECT_GT(system_memory_left(), mib);
  EXPECT_LE(system_memory_left(), system_memory_bytes());
}

TEST(PeakMemoryTest, BudgetsComeInSteps) {
  constexpr std::size_t mib = std::size_t{1} << 20;
  EXPECT_EQ(budget_class(100 * mib, 1000 * mib), 64 * mib);
  EXPECT_EQ(budget_class(127 * mib, 1000 * mib), 64 * mib);
  EXPECT_EQ(budget_class(128 * mib, 1000 * mib), 128 * mib);
  // What small programs cannot use up makes no difference.
  EXPECT_EQ(budget_class(100 * mib, 3 * mib), 9 * mib);
  EXPECT_EQ(budget_class(7000 * mib, 3 * mib), 9 * mib);
  EXPECT_EQ(budget_class(7000 * mib, 0), mib + 1);
  EXPECT_EQ(budget_class(0, 3 * mib), 0u);
  EXPECT_EQ(budget_class(SIZE_MAX, SIZE_MAX), std::size_t{1} << 61 | mib);
}

} // namespace
} // namespace jit
