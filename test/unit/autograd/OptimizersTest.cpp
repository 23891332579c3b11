// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Optimizers against their formulas in plain scalar code, bit for bit.
#include "runtime/tensor/Arena.h"
#include "test/unit/autograd/Differences.h"

#include <array>

namespace jit {
namespace {

using namespace jit::testing;

/// Weak numbers are rounded to f32 once.
float rounded(double x) { return static_cast<float>(x); }

const std::array<float, 3> start{1.0f, -0.5f, 3e-5f};
/// Gradients of step t: anything, zero and tiny ones too.
std::array<float, 3> gradient(int t) {
  return {0.25f - 0.1f * static_cast<float>(t), 0.0f, 1e-20f};
}

void expect_values(const std::array<float, 3> &expected, const Variable &got, int step) {
  expect_bits(Tensor::copy_of(expected, {3}), got, "step " + std::to_string(step));
}

TEST(Sgd, WithoutMomentum) {
  Variable w(Tensor::copy_of(start, {3}));
  std::array<float, 3> expected = start;
  Sgd sgd{.rate = 0.1};
  for (int t = 0; t < 5; ++t) {
    sgd.rate *= 0.9;
    const auto g = gradient(t);
    for (std::size_t i = 0; i < 3; ++i)
      expected[i] -= g[i] * rounded(sgd.rate);
    sgd.step({w}, {Tensor::copy_of(g, {3})});
    expect_values(expected, w, t);
  }
}

TEST(Sgd, WithMomentum) {
  Variable w(Tensor::copy_of(start, {3}));
  std::array<float, 3> expected = start, v{};
  Sgd sgd{.rate = 0.1, .momentum = 0.9};
  for (int t = 0; t < 5; ++t) {
    const auto g = gradient(t);
    for (std::size_t i = 0; i < 3; ++i) {
      v[i] = v[i] * rounded(0.9) + g[i];
      expected[i] -= v[i] * rounded(0.1);
    }
    sgd.step({w}, {Tensor::copy_of(g, {3})});
    expect_values(expected, w, t);
  }
}

TEST(Adam, FollowsItsFormula) {
  Variable w(Tensor::copy_of(start, {3}));
  std::array<float, 3> expected = start, m{}, v{};
  Adam adam{.rate = 0.01};
  double power1 = 1, power2 = 1;
  for (int t = 0; t < 20; ++t) {
    const auto g = gradient(t);
    power1 *= 0.9;
    power2 *= 0.999;
    for (std::size_t i = 0; i < 3; ++i) {
      const float up = (g[i] - m[i]) * rounded(1 - 0.9);
      m[i] += up;
      const float square = g[i] * g[i];
      const float wider = (square - v[i]) * rounded(1 - 0.999);
      v[i] += wider;
      const float numerator = m[i] * rounded(0.01 / (1 - power1));
      const float root = std::sqrt(v[i]) * rounded(1 / std::sqrt(1 - power2));
      expected[i] -= numerator / (root + rounded(1e-8));
    }
    adam.step({w}, {Tensor::copy_of(g, {3})});
    expect_values(expected, w, t);
  }
}

TEST(Adam, FindsAMinimum) {
  std::vector<Variable> parameters;
  parameters.emplace_back(Tensor::copy_of({5.0f, -3.0f}, {2}));
  parameters.emplace_back(Tensor(2.0));
  const Tensor goal = Tensor::copy_of({1.0f, 2.0f}, {2});
  Adam adam{.rate = 0.1};
  adam.prepare(parameters);
  auto step = jit::trace([&] {
    Tape tape;
    Tensor loss = mse(parameters[0] + parameters[1], goal);
    adam.step(parameters, tape.gradient(loss, parameters));
    return loss;
  });
  float loss = 1;
  for (int i = 0; i < 400; ++i)
    loss = step().item<float>();
  EXPECT_LT(loss, 1e-4f);
}

TEST(Optimizers, RefuseWhatDoesNotFit) {
  Variable a(ones({2})), b(ones({2}));
  Adam adam;
  EXPECT_THROW(adam.step({a}, {}), Error);
  adam.step({a}, {ones({2})});
  EXPECT_THROW(adam.step({a, b}, {ones({2}), ones({2})}), Error);
  EXPECT_THROW(adam.step({a}, {ones({3})}), Error);
  Sgd sgd;
  EXPECT_THROW(sgd.step({a}, {ones({2}), ones({2})}), Error);
  std::vector<Variable *> pointers{&a, &b};
  sgd.step(pointers, {ones({2}), zeros({2})});
  expect_bits(ones({2}), b);
}

TEST(Optimizers, AreNotRecordedByTapesAround) {
  Variable w(tensor({1}, {1}));
  Sgd sgd{.rate = 0.5};
  Tape outer;
  const Tensor before = w.value();
  sgd.step({w}, {w.value() * 2});
  EXPECT_EQ(w.value().item<double>(), 0);
  expect_bits(zeros({1}, DType::f64), outer.gradient(w.value() * 3, {before})[0]);
}

TEST(Adam, PreparesAgainAfterThereWasNoMemory) {
  for (std::uint64_t n = 1; n <= 2; ++n) { // for the first and for the second moment
    Variable w(Tensor::copy_of(start, {3})), again(Tensor::copy_of(start, {3}));
    const Tensor g = Tensor::copy_of(gradient(0), {3});
    Adam failing, adam;
    arena::set_allocation_failure(n);
    EXPECT_THROW(failing.step({w}, {g}), Error);
    arena::set_allocation_failure(0);
    expect_bits(Tensor::copy_of(start, {3}), w, "after the failure");
    failing.step({w}, {g});
    adam.step({again}, {g});
    expect_bits(again, w, "the step after it");
  }
}

TEST(Adam, DoesNotCountAStepThatFailed) {
  Variable w(full({5000}, 0.5f)); // small ops try again
  const Tensor g = full({5000}, 0.25f);
  Adam adam;
  adam.prepare({w});
  int failures = 0;
  for (std::uint64_t n = 1; adam.power1 == 1; ++n) {
    arena::set_allocation_failure(n);
    try {
      adam.step({w}, {g});
      EXPECT_EQ(adam.power1, adam.beta1);
      EXPECT_EQ(adam.power2, adam.beta2);
    } catch (const Error &) {
      ++failures;
      ASSERT_EQ(adam.power1, 1);
      ASSERT_EQ(adam.power2, 1);
    }
    arena::set_allocation_failure(0);
  }
  EXPECT_GT(failures, 3);
}

} // namespace
} // namespace jit
