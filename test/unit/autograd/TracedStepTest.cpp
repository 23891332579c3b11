// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A training step as one trace: forward, backward and update are matched, stay pending, and leave
// the same bits; what only the tape held is not stored.
#include "test/unit/jit/InterpretingCompiler.h"

#include "runtime/tensor/Impl.h"
#include "test/unit/autograd/Differences.h"

namespace jit {
namespace {

using namespace jit::testing;

struct Model {
  std::vector<Variable> parameters;
  Adam adam{.rate = 0.05};

  Model() {
    parameters.emplace_back(numbers({6, 5}, 1, true).astype(DType::f32));
    parameters.emplace_back(zeros({5}));
    parameters.emplace_back(numbers({5, 3}, 2, true).astype(DType::f32));
    parameters.emplace_back(zeros({3}));
    adam.prepare(parameters);
  }
  Tensor step(const Tensor &x, const Tensor &labels) {
    Tape tape;
    Tensor hidden = gelu(matmul(x, parameters[0]) + parameters[1]);
    Tensor logits = matmul(std::move(hidden), parameters[2]) + parameters[3];
    Tensor loss = cross_entropy(logits, labels);
    adam.step(parameters, tape.gradient(loss, parameters));
    return loss;
  }
};

Tensor batch(int i) { return numbers({4, 6}, i % 3 + 1, true).astype(DType::f32); }
Tensor labels_of(int i) {
  const std::int64_t first = i % 3;
  return Tensor::copy_of({first, std::int64_t{2}, std::int64_t{1}, std::int64_t{0}}, {4});
}

TEST(TracedStep, HasTheBitsOfTheEagerStep) {
  test::plug_in_interpreter();
  set_mode(Mode::on);
  Model eager, traced;
  auto step =
      jit::trace([&](const Tensor &x, const Tensor &labels) { return traced.step(x, labels); },
                 {"training step"});
  const int ran_before = test::hooks().ran;
  for (int i = 0; i < 8; ++i) {
    const Tensor loss = step(batch(i), labels_of(i));
    expect_bits(eager.step(batch(i), labels_of(i)), loss, "loss of step " + std::to_string(i));
    ASSERT_TRUE(wait_compiled());
  }
  for (std::size_t i = 0; i < eager.parameters.size(); ++i)
    expect_bits(eager.parameters[i], traced.parameters[i], "parameter " + std::to_string(i));
  EXPECT_EQ(test::hooks().ran - ran_before, 6);
  const std::vector<TraceReport> reports = step.explain();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].state, "active");
  EXPECT_EQ(reports[0].replays, 0u);
  EXPECT_EQ(reports[0].unused_bytes, 0u);
}

TEST(TracedStep, ATapeThatSpansTraces) {
  // The forward pass is a trace of its own; the tape holds what the backward pass needs of it.
  test::plug_in_interpreter();
  set_mode(Mode::on);
  const Tensor x = numbers({4, 6}, 1);
  auto forward = jit::trace([](const Tensor &v) { return tanh(exp(v) * 0.5); }, {"forward"});
  const Tensor expected = grad([](Tensor v) { return tanh(exp(v) * 0.5); })(x);
  for (int i = 0; i < 6; ++i) {
    Tape tape;
    tape.watch(x);
    const Tensor y = forward(x);
    expect_bits(expected, tape.gradient(y, {x})[0], "step " + std::to_string(i));
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_GT(forward.explain()[0].hits, 0u);
}

TEST(TracedStep, UpdatesAreReportedAtTheUsersLines) {
  test::plug_in_interpreter();
  set_mode(Mode::on);
  std::vector<Variable> w;
  w.emplace_back(numbers({4}, 1, true));
  const std::vector<Tensor> gradients{numbers({4}, 2, true)};
  Sgd plain{.rate = 0.1}, heavy{.rate = 0.1, .momentum = 0.9};
  Adam adam{};
  auto update = jit::trace(
      [&] {
        plain.step(w, gradients);
        heavy.step(w, gradients);
        adam.step(w, gradients);
      },
      {"update"});
  for (int i = 0; i < 4; ++i) { // the first makes the state, which is another path
    update();
    ASSERT_TRUE(wait_compiled());
  }
  const std::vector<TraceReport> reports = update.explain();
  ASSERT_EQ(reports.size(), 2u);
  for (const TraceReport &report : reports) {
    EXPECT_EQ(report.sites.size(), 3u);
    for (const std::string &site : report.sites)
      EXPECT_NE(site.find("TracedStepTest.cpp:"), site.npos) << site;
  }
}

TEST(TracedStep, GradientsOfPendingValuesRunNothing) {
  test::plug_in_interpreter();
  set_mode(Mode::on);
  const Tensor x = numbers({4, 6}, 1);
  bool was_pending = false;
  auto slope = jit::trace(
      [&](const Tensor &v) {
        Tensor g = grad([](Tensor u) { return softmax(u) * u; })(v);
        was_pending = detail::Access::impl(g)->where.load().state() == Where::pending;
        return g;
      },
      {"slope"});
  Tensor first;
  for (int i = 0; i < 5; ++i) {
    const Tensor g = slope(x);
    if (i == 0)
      first = g;
    expect_bits(first, g);
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_TRUE(was_pending);
}

} // namespace
} // namespace jit
