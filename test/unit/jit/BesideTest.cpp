// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Resets and reports while other threads call and the compile thread works. By the machine's clock,
// so in a program of its own: what it spends is not there for tests with another clock.
#include "test/unit/jit/Contradictions.h"
#include "test/unit/jit/InterpretingCompiler.h"

#include "runtime/base/Options.h"
#include "runtime/jit/Anchor.h"
#include "runtime/jit/Publisher.h"

#include <tracejit/tracejit.h>

#include <gtest/gtest.h>
#include <thread>

namespace jit {
namespace {

using test::hooks;

struct Beside : testing::Test {
  void SetUp() override {
    test::plug_in_interpreter();
    mutable_options().trial = true;
  }
  static Tensor chain(Tensor x, int ops) {
    for (int i = 0; i < ops; ++i)
      x = x * 1.5;
    return x;
  }
  const Tensor x = ones({8});
};

TEST_F(Beside, ResetsLeaveNothingBehind) {
  auto f = trace([](const Tensor &t, int ops) { return chain(t, ops); }, {"reset beside calls"});
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0}, called{0};
  std::vector<std::thread> callers;
  for (int k = 0; k < 2; ++k)
    callers.emplace_back([&, k] {
      auto mine = f;
      for (int i = k; !stop; ++i) {
        const int ops = 1 + i % 6;
        float expected = 1;
        for (int j = 0; j < ops; ++j)
          expected *= 1.5f;
        wrong += mine(x, ops).template to_vector<float>()[3] != expected;
        ++called;
      }
    });
  const int ran = hooks().ran;
  for (int i = 0; called < 20'000 || hooks().ran < ran + 1'000; ++i) {
    f.reset();
    if (i % 4 == 0)
      wait_compiled();
    else
      std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  stop = true;
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_EQ(wrong, 0);
  wait_compiled();
  f.reset();
  wait_compiled();
  for (Anchor *anchor = Trace::all()->anchors; anchor; anchor = anchor->next) {
    EXPECT_EQ(anchor->state.serving, 0);
    EXPECT_EQ(anchor->state.waiting, 0);
    EXPECT_EQ(anchor->probes, 0);
    EXPECT_EQ(anchor->trie.load(), nullptr);
  }
}

struct NoProgram final : Program {
  bool run(const ProgramCall &) const noexcept override { return true; }
};

TEST_F(Beside, TriesAreMadeWhileWorthChanges) {
  Anchor anchor;
  const Meta *meta = intern_contiguous(DType::f32, DimList{3});
  const auto program = std::make_shared<const NoProgram>();
  for (std::uint32_t ops = 1; ops <= 48; ++ops) {
    Graph graph;
    graph.inputs = {meta};
    for (std::uint32_t i = 0; i < ops; ++i) {
      graph.values.push_back({meta, i, false});
      graph.ops.push_back(
          {OpKind::exp,
           nullptr,
           {i ? OperandCode(OperandCode::value, i - 1) : OperandCode(OperandCode::input, 0)},
           i,
           1,
           {}});
    }
    const std::shared_ptr<Path> path = anchor.known.find_or_add(std::move(graph), 0);
    path->variants.push_back({{ops - 1}, std::vector<bool>(ops), program, 12, {0}});
    path->heat = 1;
    ASSERT_TRUE(path->life.change(PathState::watching, PathState::active));
  }
  std::atomic<bool> stop{false};
  std::thread runs([&] {
    for (std::uint64_t i = 1; !stop; i = i * 6364136223846793005u + 1442695040888963407u)
      anchor.known.paths()[(i >> 40) % 48]->eager_ns = i >> 44;
  });
  {
    Publisher publisher;
    for (int i = 0; i < 2'000; ++i) {
      publisher.publish(anchor);
      EXPECT_EQ(anchor.trie.load()->terminals.size(), 48u);
      publisher.free_retired();
    }
  }
  stop = true;
  runs.join();
  delete anchor.trie.load();
}

TEST_F(Beside, ReportsDoNotContradictThemselves) {
  auto f = trace([](const Tensor &t, int ops) { return chain(t, ops); }, {"beside reports"});
  std::atomic<int> called{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> callers;
  for (int k = 0; k < 2; ++k)
    callers.emplace_back([&, k] {
      auto mine = f;
      for (int i = k; !stop; ++i, ++called)
        mine(x, 1 + i % 5);
    });
  for (int i = 0; called < 10'000; ++i) {
    for (const TraceSummary &trace : report().traces)
      for (const StartSummary &start : trace.starts)
        test::expect_no_contradiction(start);
    if (i % 8 == 0)
      f.reset();
    std::this_thread::yield();
  }
  stop = true;
  for (std::thread &caller : callers)
    caller.join();
}

} // namespace
} // namespace jit
