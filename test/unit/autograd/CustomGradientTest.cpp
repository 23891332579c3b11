// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// custom_gradient: gradients given by hand, alone and differentiated again.
#include "test/ErrorLine.h"
#include "test/unit/autograd/Differences.h"

namespace jit {
namespace {

using namespace jit::testing;
using Tensors = std::vector<Tensor>;

/// log(1 + exp(x)), whose derivative by hand does not overflow.
const auto log1p_of_exp = custom_gradient(
    [](const Tensor &x) { return log1p(exp(x)); },
    [](const Tensor &x, const Tensor &, const Tensor &dy) { return dy * sigmoid(x); });

TEST(CustomGradient, ReplacesWhatTapesSee) {
  const Tensor x = tensor({1, 800}, {2});
  const Tensor s = sigmoid(x);
  expect_bits(s, grad(log1p_of_exp)(x));
  EXPECT_TRUE(std::isnan(grad([](const Tensor &t) { return log1p(exp(t)); })(x)(1).item<double>()));
  expect_bits(log1p(exp(x)), log1p_of_exp(x)); // without a tape
}

TEST(CustomGradient, IsDifferentiatedAgainAsFarAsItUsesOps) {
  const Tensor x = tensor({0.5, -1}, {2});
  const auto second = grad([](const Tensor &t) { return sum(grad(log1p_of_exp)(t)); })(x);
  const Tensor s = sigmoid(x);
  for (int i = 0; i < 2; ++i)
    EXPECT_NEAR(second(i).item<double>(), (s * (1 - s))(i).item<double>(), 1e-15);
  // By its result too, which is the same function again.
  const auto exponential =
      custom_gradient([](const Tensor &t) { return exp(t); },
                      [](const Tensor &, const Tensor &y, const Tensor &dy) { return dy * y; });
  const auto third = grad(grad(grad(exponential)))(Tensor(0.5, DType::f64));
  EXPECT_NEAR(third.item<double>(), std::exp(0.5), 1e-15);
}

TEST(CustomGradient, OfSeveralArgumentsAndResults) {
  const auto f =
      custom_gradient([](const Tensor &x, const Tensor &y) { return Tensors{x * y, x + y, x}; },
                      [](const Tensors &in, const Tensors &out, const Tensors &dy) {
                        EXPECT_EQ(in.size(), 2u);
                        EXPECT_EQ(out.size(), 3u);
                        return Tensors{dy[0] * in[1] + dy[1] + dy[2], dy[0] * in[0] + dy[1]};
                      });
  const Tensor x = numbers({3}, 1), y = numbers({3}, 2);
  const Function by_hand = [&](const Tensors &a) {
    const Tensors parts = f(a[0], a[1]);
    return parts[0] * 2 + parts[2];
  };
  check_gradients(by_hand, {x, y}, "several");
  const Function one = [&](const Tensors &a) { return f(a[0], a[1])[1]; };
  check_gradients(one, {x, y}, "the second alone");
}

TEST(CustomGradient, AnEmptyTensorIsAGradientOfZeros) {
  const auto f = custom_gradient([](const Tensor &x, const Tensor &y) { return x * y; },
                                 [](const Tensors &, const Tensors &, const Tensors &dy) {
                                   return Tensors{dy[0] * 7, Tensor()};
                                 });
  const auto g = grad([&](const Tensor &x, const Tensor &y) { return f(x, y) + y; },
                      {0, 1})(tensor({2}, {1}), tensor({3}, {1}));
  expect_bits(tensor({7}, {1}), g[0]);
  expect_bits(tensor({1}, {1}), g[1]);
}

TEST(CustomGradient, TakesVariablesAndReturnsItsArguments) {
  Variable w(tensor({2}, {1}));
  const auto same =
      custom_gradient([](const Tensor &x) { return x; },
                      [](const Tensor &, const Tensor &, const Tensor &dy) { return -dy; });
  Tape tape;
  const Tensor y = same(w) * w; // the argument itself keeps its own gradient
  expect_bits(tensor({0}, {1}), tape.gradient(y, {w})[0]);
}

TEST(CustomGradient, Errors) {
  const Tensor x = tensor({1, 2}, {2});
  const auto message_of = [&](Tensors gradients) {
    try {
      const auto f = custom_gradient(
          [](const Tensor &t) { return t * 2; },
          [&](const Tensors &, const Tensors &, const Tensors &) { return gradients; });
      grad(f)(x);
    } catch (const Error &error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const auto has = [](const std::string &message, const std::string &part) {
    EXPECT_TRUE(message.find(part) != message.npos) << message;
    EXPECT_TRUE(message.starts_with("custom_gradient of CustomGradientTest.cpp:")) << message;
  };
  has(message_of({x, x}), ": the gradient function gave 2 gradients for 1 arguments");
  has(message_of({tensor({1, 2, 3}, {3})}),
      ": the gradient function gave f64[3] for argument 0, f64[2]");
  expect_bits(sigmoid(x), grad(log1p_of_exp)(x)); // and all is usable
}

} // namespace
} // namespace jit
