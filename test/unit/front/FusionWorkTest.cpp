// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What fusion does per op must not grow with the program. Steps are counted, not timed.
#include "compiler/Pipeline.h"
#include "compiler/import/Import.h"
#include "passes/Passes.h"
#include "test/unit/front/TraceText.h"

#include <gtest/gtest.h>

#include <functional>

namespace jit {
namespace {

/// A recurrent cell, step by step, and back through what every step kept: values live for long.
Graph recurrent(int steps) {
  TraceText text;
  std::string h = "%in0";
  std::vector<std::string> gates, states;
  for (int t = 0; t < steps; ++t) {
    const std::string gate = text.op("sigmoid(" + text.op("matmul(" + h + ", %in1)") + ")");
    const std::string input = text.op("multiply(" + gate + ", %in2)");
    states.push_back(h);
    h = text.op("tanh(" + text.op("add(" + input + ", " + h + ")") + ")");
    gates.push_back(gate);
  }
  std::string g = h, total = "%in3";
  for (int t = steps; t-- > 0;) {
    const std::string back = text.op("multiply(" + g + ", " + gates[t] + ")");
    const std::string slope = text.op("multiply(" + states[t] + ", " + states[t] + ")");
    const std::string change = text.op("subtract(" + back + ", " + slope + ")");
    total = text.op("add(" + total + ", " + text.op("multiply(" + change + ", %in2)") + ")");
    g = text.op("matmul(" + change + ", %in1)");
  }
  return text.graph({total, g});
}

/// One value that every layer reads, before a matmul and after it.
Graph shared_value(int layers) {
  TraceText text;
  const std::string shared = text.op("exp(%in0)");
  std::string x = "%in1";
  for (int layer = 0; layer < layers; ++layer) {
    const std::string before = text.op("multiply(" + x + ", " + shared + ")");
    x = text.op("add(" + text.op("matmul(" + before + ", %in2)") + ", " + shared + ")");
  }
  return text.graph({x});
}

/// Layers that nothing but the first input connects.
Graph branches(int count) {
  TraceText text;
  std::vector<std::string> outputs;
  for (int branch = 0; branch < count; ++branch) {
    const std::string x = text.op("tanh(" + text.op("matmul(%in0, %in1)") + ")");
    outputs.push_back(text.op("multiply(" + x + ", " + text.op("exp(" + x + ")") + ")"));
  }
  return text.graph(outputs);
}

FusionWork work_of(const Graph &graph) {
  const auto context = make_context();
  mlir::OwningOpRef<mlir::ModuleOp> module = import_graph(context.get(), graph);
  trace::FuncOp program = *module->getOps<trace::FuncOp>().begin();
  dce(program);
  lift(program);
  dce(program);
  return fuse_within(program, 1 << 20);
}

void expect_no_growth(const std::function<Graph(int)> &make) {
  const Graph small = make(40), large = make(160);
  const FusionWork a = work_of(small), b = work_of(large);
  const double times =
      static_cast<double>(large.ops.size()) / static_cast<double>(small.ops.size());
  EXPECT_GT(a.built, 0u);
  const auto grows = [&](std::uint64_t from, std::uint64_t to) {
    return static_cast<double>(to) > 1.1 * times * static_cast<double>(from) + 16;
  };
  EXPECT_FALSE(grows(a.edges, b.edges)) << a.edges << " to " << b.edges;
  EXPECT_FALSE(grows(a.attempts, b.attempts)) << a.attempts << " to " << b.attempts;
  EXPECT_FALSE(grows(a.built, b.built)) << a.built << " to " << b.built;
  EXPECT_FALSE(grows(a.search_steps, b.search_steps)) << a.search_steps << " to " << b.search_steps;
}

TEST(FusionWork, DoesNotGrowPerOpOverTime) { expect_no_growth(recurrent); }
TEST(FusionWork, DoesNotGrowPerOpWithReaders) { expect_no_growth(shared_value); }
TEST(FusionWork, DoesNotGrowPerOpWithBranches) { expect_no_growth(branches); }

} // namespace
} // namespace jit
