// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// grad and value_and_grad: composition, arguments, control flow of the host.
#include "test/ErrorLine.h"
#include "test/unit/autograd/Differences.h"

namespace jit {
namespace {

using namespace jit::testing;

TEST(Grad, ComposesToAnyOrder) {
  const auto cube = [](Tensor x) { return x * x * x; };
  const Tensor two(2.0, DType::f64);
  EXPECT_EQ(cube(two).item<double>(), 8);
  EXPECT_EQ(grad(cube)(two).item<double>(), 12);
  EXPECT_EQ(grad(grad(cube))(two).item<double>(), 12);
  EXPECT_EQ(grad(grad(grad(cube)))(two).item<double>(), 6);
  EXPECT_EQ(grad(grad(grad(grad(cube))))(two).item<double>(), 0);
}

TEST(Grad, SecondOrderOfEveryKindOfOp) {
  // The gradient of a weighted gradient, against differences of the first one.
  const auto check = [](const char *what, std::function<Tensor(Tensor)> f, DimList shape) {
    const Function first = [=](const std::vector<Tensor> &x) {
      return grad([=](Tensor v) { return weighted(f(v)); })(x[0]);
    };
    check_gradients(first, {numbers(shape, 1)}, what);
  };
  check("gelu", [](Tensor x) { return gelu(x); }, {5});
  check("prod", [](Tensor x) { return prod(x, 1); }, {2, 4});
  check("cumulative_sum", [](Tensor x) { return square(cumulative_sum(x, 0)); }, {3, 2});
  check("cumulative_prod", [](Tensor x) { return cumulative_prod(x, 1); }, {2, 4});
  check("from behind", [](Tensor x) { return cumulative_prod(x, {.reverse = true}); }, {5});
  check("linear_scan", [](Tensor x) { return linear_scan(x, square(x), 0); }, {4, 2});
  check("linear_scan from behind", [](Tensor x) { return linear_scan(x, x, -1, true); }, {5});
  check("sort", [](Tensor x) { return square(sort(x, 0)); }, {4, 2});
  check("tanh", [](Tensor x) { return tanh(x); }, {5});
  check("rsqrt", [](Tensor x) { return rsqrt(x); }, {5});
  check("expm1", [](Tensor x) { return expm1(x); }, {5});
  check("log1p", [](Tensor x) { return log1p(x); }, {5});
  check("exp2", [](Tensor x) { return exp2(x); }, {5});
  check("log2", [](Tensor x) { return log2(x) + log10(x); }, {5});
  check("sinh", [](Tensor x) { return sinh(x) * cosh(x); }, {5});
  check("tan", [](Tensor x) { return tan(x * 0.5); }, {5});
  check("asin", [](Tensor x) { return asin(x * 0.5) + square(acos(x * 0.5)); }, {5});
  check("atan", [](Tensor x) { return atan(x); }, {5});
  check("asinh", [](Tensor x) { return asinh(x); }, {5});
  check("acosh", [](Tensor x) { return acosh(x + 1); }, {5});
  check("atanh", [](Tensor x) { return atanh(x * 0.5); }, {5});
  check("erfc", [](Tensor x) { return erfc(x); }, {5});
  check("atan2", [](Tensor x) { return atan2(x, 1 - x); }, {5});
  check("hypot", [](Tensor x) { return hypot(x, 1.5 - x); }, {5});
  check("logaddexp", [](Tensor x) { return logaddexp(x, square(x)); }, {5});
  check("pow", [](Tensor x) { return pow(x, 3.5); }, {5});
  check("division", [](Tensor x) { return 1 / x; }, {5});
  check("softmax", [](Tensor x) { return softmax(x); }, {2, 5});
  check("log_softmax", [](Tensor x) { return log_softmax(x); }, {2, 5});
  check("logsumexp", [](Tensor x) { return logsumexp(x); }, {2, 5});
  check("layer_norm", [](Tensor x) { return layer_norm(x, ones({5}, DType::f64), x(0)); }, {2, 5});
  check("var_mean", [](Tensor x) { return var(x, {.axis = 1}); }, {2, 5});
  check("matmul", [](Tensor x) { return matmul(x, permute_dims(x, {1, 0})); }, {3, 4});
  check("slices", [](Tensor x) { return square(x(slice(1, {}, 2))) * x(slice(0, 2)); }, {5});
  check("take", [](Tensor x) { return exp(take(x, arange(2))); }, {5});
  check("max", [](Tensor x) { return square(max(x, {.axis = 1})); }, {3, 4});
}

TEST(Grad, OfThePowerOfTheLowestInteger) {
  const auto power = [](Tensor x) { return pow(x, INT64_MIN); };
  EXPECT_EQ(grad(power)(Tensor(1.0, DType::f64)).item<double>(), -0x1p63);
}

TEST(Grad, IntegersBesideFloatsCountAsFloats) {
  const Tensor i = Tensor::copy_of<std::int32_t>({-70000, 5, 70000});
  const Tensor x = tensor({1, 1, 1}, {3}).astype(DType::f32);
  // No number beside them has to fit the integers.
  const auto high = [&](Tensor v) { return clip(i, INT64_MAX, v); };
  expect_bits(Tensor::copy_of({1.0f, 1.0f, 1.0f}), grad(high)(x));
  // x / i has the derivative -x / i^2, whose square is no i32.
  const auto low = [&](Tensor v) { return atan2(v, i); };
  expect_bits(grad([&](Tensor v) { return atan2(v, i.astype(DType::f32)); })(x), grad(low)(x));
}

TEST(Grad, AnOpInPlaceLeavesWhatATapeKeeps) {
  // d/dv_i of x times the product of all v is the product of x and the others.
  const Tensor v = tensor({1.5, 2, 4}, {3}), index = Tensor::copy_of<std::int64_t>({0, 0, 0});
  Tensor x = tensor({3}, {1});
  Tape tape;
  tape.watch(v);
  const Tensor y = scatter(std::move(x), index, v, 0, ScatterMode::multiply);
  expect_bits(tensor({24, 18, 9}, {3}), tape.gradient(y, {v})[0]);
}

TEST(Grad, AnArgumentIsNotTheTensorItWasMadeOf) {
  const Tensor x(3.0, DType::f64);
  EXPECT_EQ(grad([&](Tensor v) { return v * x; })(x).item<double>(), 3);
  EXPECT_EQ(grad([](Tensor a, Tensor b) { return a * a * b; })(x, x).item<double>(), 18);
  const auto both = grad([](Tensor a, Tensor b) { return a * a * b; }, {0, 1})(x, x);
  EXPECT_EQ(both[0].item<double>(), 18);
  EXPECT_EQ(both[1].item<double>(), 9);
  // Mixed derivative: d/dy (dz/dx) of z = x^2 y.
  const auto mixed =
      grad([](Tensor x, Tensor y) { return grad([&](Tensor v) { return v * v * y; })(x); }, {1});
  EXPECT_EQ(mixed(x, x)[0].item<double>(), 6);
}

TEST(Grad, OuterGradientsSeeThroughInnerOnes) {
  // A step of gradient descent, differentiated with respect to its start and its rate.
  const Tensor w(2.0, DType::f64), rate(0.25, DType::f64);
  const auto after = [](Tensor w, Tensor rate) {
    const Tensor g = grad([](Tensor v) { return v * v * v; })(w);
    return square(w - rate * g);
  };
  const auto g = grad(after, {0, 1})(w, rate);
  // w' = w - 3 r w^2 = -1; d/dw w'^2 = 2 w' (1 - 6 r w); d/dr = 2 w' (-3 w^2).
  EXPECT_EQ(g[0].item<double>(), 4);
  EXPECT_EQ(g[1].item<double>(), 24);
}

TEST(Grad, ValueAndGradient) {
  const auto [value, slope] =
      value_and_grad([](Tensor x) { return sum(x * x); })(tensor({1, 2}, {2}));
  EXPECT_EQ(value.item<double>(), 5);
  expect_bits(tensor({2, 4}, {2}), slope);
  const auto [product, slopes] =
      value_and_grad([](Tensor x, Tensor y) { return x * y; }, {1, 0})(3.0, Variable(Tensor(4.0)));
  EXPECT_EQ(product.item<float>(), 12);
  EXPECT_EQ(slopes[0].item<float>(), 3);
  EXPECT_EQ(slopes[1].item<float>(), 4);
}

TEST(Grad, BadArgumentNumbers) {
  const auto f = [](Tensor x, Tensor y) { return x * y; };
  EXPECT_THROW(grad(f, {2})(1.0, 2.0), Error);
  EXPECT_THROW(grad(f, {-1})(1.0, 2.0), Error);
  EXPECT_THROW(grad(f)(Tensor(1), 2.0), Error); // an integer
  try {
    grad(f, {2})(1.0, 2.0);
  } catch (const Error &error) {
    EXPECT_EQ(without_line(error.what(), std::source_location::current()),
              "grad: argnum 2 is out of range for 2 arguments");
  }
}

TEST(Grad, ThroughAHostLoop) {
  // Newton's iteration for the square root, as often as it takes.
  int steps = 0;
  const auto root = [&](Tensor a) {
    Tensor x = a;
    while (abs(x * x - a).item<double>() > 1e-12) {
      x = (x + a / x) * 0.5;
      ++steps;
    }
    return x;
  };
  EXPECT_NEAR(grad(root)(Tensor(2.0, DType::f64)).item<double>(), 0.5 / std::sqrt(2.0), 1e-12);
  EXPECT_GT(steps, 3);
  const Tensor one = grad(root)(Tensor(1.0, DType::f64));
  EXPECT_EQ(one.item<double>(), 1); // no iteration: the result is the argument
}

TEST(Grad, ThroughAHostBranch) {
  const auto f = [](Tensor x) { return x > 0 ? x * 2 : x * 3; };
  EXPECT_EQ(grad(f)(1.0).item<float>(), 2);
  EXPECT_EQ(grad(f)(-1.0).item<float>(), 3);
}

TEST(Grad, InsideATraceNothingChanges) {
  // Without a compiler: recorded and replayed, the same bits.
  const Tensor x = numbers({4, 5}, 1), w = numbers({5, 3}, 2);
  const Tensor labels =
      Tensor::copy_of({std::int64_t{0}, std::int64_t{2}, std::int64_t{1}, std::int64_t{2}}, {4});
  const auto step = [&](Tensor v) {
    return grad([&](Tensor u) { return cross_entropy(gelu(matmul(x, u)), labels); })(v);
  };
  const Tensor expected = step(w);
  const Mode before = current_mode();
  for (Mode mode : {Mode::log, Mode::on, Mode::off}) {
    set_mode(mode);
    for (int i = 0; i < 5; ++i)
      expect_bits(expected, jit::trace(step)(w));
  }
  set_mode(before);
}

} // namespace
} // namespace jit
