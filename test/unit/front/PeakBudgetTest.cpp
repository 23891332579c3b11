// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fusion within a budget of memory.
#include "passes/PeakBudget.h"
#include "compiler/Pipeline.h"
#include "runtime/jit/PeakMemory.h"
#include "test/unit/front/TraceText.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace jit {
namespace {

TEST(HeldBytes, PeakIsThatOfAList) {
  std::mt19937 random(1);
  for (const unsigned places : {1u, 2u, 3u, 17u, 64u, 100u}) {
    HeldBytes held(places);
    std::vector<std::int64_t> list(places, 0);
    for (int step = 0; step < 300; ++step) {
      unsigned first = random() % places, last = random() % places;
      if (first > last)
        std::swap(first, last);
      const std::int64_t bytes = static_cast<std::int64_t>(random() % 100) - 40;
      held.add(first, last, bytes);
      for (unsigned place = first; place <= last; ++place)
        list[place] += bytes;
      ASSERT_EQ(held.peak(), *std::max_element(list.begin(), list.end())) << places;
    }
  }
}

/// Layers whose values are needed again at the end, twice: computed early, that is two values for
/// one.
Graph read_again_late(int layers) {
  TraceText text;
  std::string x = "%in0", total = "%in3";
  std::vector<std::string> states;
  for (int layer = 0; layer < layers; ++layer) {
    states.push_back(text.op("exp(" + x + ")"));
    x = text.op("matmul(" + states.back() + ", %in1)");
  }
  for (int layer = layers; layer-- > 0;) {
    const std::string a =
        text.op("matmul(" + text.op("sin(" + states[layer] + ")") + ", " + x + ")");
    const std::string c =
        text.op("matmul(" + text.op("cos(" + states[layer] + ")") + ", " + a + ")");
    x = text.op("add(" + c + ", " + total + ")");
  }
  return text.graph({x});
}

struct Result {
  std::size_t held;
  bool refused; ///< a merge, as peak_memory
};

Result plan(const Graph &graph, std::size_t memory_budget) {
  const auto context = make_context();
  CompileOptions options;
  options.verify = true;
  options.memory_budget = memory_budget;
  const Planned planned = run_front(*context, graph, options);
  EXPECT_EQ(planned.message, "");
  ProgramInfo info;
  info.arena_bytes = planned.plan.arena_bytes;
  info.donated_input = planned.plan.donated_input;
  const auto by_memory = [](const FusionRefusal &refusal) {
    return refusal.reason.starts_with("peak_memory: ");
  };
  return {peak_of_program(graph, info), std::ranges::any_of(planned.plan.refusals, by_memory)};
}

TEST(PeakBudget, KeepsApartWhatWouldBeHeldForLong) {
  const Graph graph = read_again_late(24);
  const std::size_t by_ops = peak_of_ops(graph);
  const Result free = plan(graph, std::size_t{1} << 30), tight = plan(graph, 0);
  EXPECT_GT(free.held, by_ops + by_ops / 4);
  EXPECT_FALSE(free.refused);
  EXPECT_LE(tight.held, by_ops + by_ops / 8);
  EXPECT_TRUE(tight.refused);
}

TEST(PeakBudget, AFillLiesThereForNoLongerThanItMust) {
  // The fill comes first and is read last; between them are other temporaries.
  TraceText text;
  const std::string fill = text.op("full(%num0) shape=[8,8] dtype=f32");
  std::string x = "%in0";
  for (int layer = 0; layer < 4; ++layer)
    x = text.op("matmul(" + x + ", %in1)");
  x = text.op("matmul(" + x + ", " + fill + ")");
  const Result result = plan(text.graph({x}), 0);
  EXPECT_LE(result.held, 3u * 8 * 8 * 4);
}

} // namespace
} // namespace jit
