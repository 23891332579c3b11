// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Derivatives of every order at infinite arguments: the limit, not the NaN of infinity times 0 or
// of infinity minus itself.
#include "test/unit/autograd/Differences.h"

#include <limits>

namespace jit {
namespace {

using namespace jit::testing;

constexpr double infinity = std::numeric_limits<double>::infinity();
const double not_a_number = std::nan("");
using Unary = std::function<Tensor(const Tensor &)>;

/// The derivative of the given order of the sum of f's elements; of each element if f is
/// elementwise.
Unary derivative(Unary f, int order) {
  for (int i = 0; i < order; ++i)
    f = [f](const Tensor &x) { return grad(f)(x); };
  return f;
}

/// Exact at infinities, near elsewhere.
void expect_values(const std::vector<double> &expected, const Tensor &got,
                   const std::string &what) {
  const std::vector<double> values = got.astype(DType::f64).to_vector<double>();
  ASSERT_EQ(values.size(), expected.size()) << what;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isinf(expected[i]))
      EXPECT_EQ(values[i], expected[i]) << what << " at " << i;
    else
      EXPECT_NEAR(values[i], expected[i], 1e-6) << what << " at " << i;
}

void check(const std::string &name, const Unary &f, const std::vector<double> &x,
           const std::vector<std::vector<double>> &derivatives) {
  const auto n = static_cast<std::int64_t>(x.size());
  for (const DType dtype : {DType::f32, DType::f64})
    for (std::size_t order = 0; order < derivatives.size(); ++order)
      expect_values(derivatives[order],
                    derivative(f, static_cast<int>(order + 1))(tensor(x, {n}).astype(dtype)),
                    name + ", derivative " + std::to_string(order + 1) + " in " +
                        std::string(jit::name(dtype)));
}

// 1e30 squared is infinite in f32.
const std::vector<double> line{-infinity, -1e30, -40, 0, 40, 1e30, infinity};

TEST(InfiniteEnds, FunctionsThatLevelOff) {
  const double erf_slope = 2 / std::sqrt(std::acos(-1)), normal = 1 / std::sqrt(2 * std::acos(-1));
  check("gelu", [](const Tensor &x) { return gelu(x); }, line,
        {{0, 0, 0, 0.5, 1, 1, 1}, {0, 0, 0, 2 * normal, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0}});
  check("erf", [](const Tensor &x) { return erf(x); }, line,
        {{0, 0, 0, erf_slope, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, -2 * erf_slope, 0, 0, 0}});
  check("sigmoid", [](const Tensor &x) { return sigmoid(x); }, line,
        {{0, 0, 0, 0.25, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, -0.125, 0, 0, 0}});
  check("tanh", [](const Tensor &x) { return tanh(x); }, line,
        {{0, 0, 0, 1, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, -2, 0, 0, 0}});
  check("erfc", [](const Tensor &x) { return erfc(x); }, line,
        {{0, 0, 0, -erf_slope, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 2 * erf_slope, 0, 0, 0}});
  const double s = 1 / 1601.0; // 1 / (1 + x^2) at 40
  check("atan", [](const Tensor &x) { return atan(x); }, line,
        {{0, 0, s, 1, s, 0, 0},
         {0, 0, 80 * s * s, 0, -80 * s * s, 0, 0},
         {0, 0, 9598 * s * s * s, -2, 9598 * s * s * s, 0, 0}});
  const double r = std::sqrt(s);
  check("asinh", [](const Tensor &x) { return asinh(x); }, line,
        {{0, 0, r, 1, r, 0, 0},
         {0, 0, 40 * s * r, 0, -40 * s * r, 0, 0},
         {0, 0, 3199 * s * s * r, -1, 3199 * s * s * r, 0, 0}});
}

TEST(InfiniteEnds, NothingChangesBetweenTheBoundsOfGeluAndErf) {
  std::vector<double> values;
  for (double x = -29.875; x < 30; x += 0.125)
    values.push_back(x);
  const auto n = static_cast<std::int64_t>(values.size());
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor x = tensor(values, {n}).astype(dtype);
    const Tensor density = exp(square(x) * -0.5) * 0.39894228040143268;
    const Tensor integral = (erf(x * 0.70710678118654752) + 1) * 0.5;
    expect_bits(integral + x * density, derivative([](const Tensor &v) { return gelu(v); }, 1)(x));
    expect_bits(exp(-square(x)) * 1.1283791670955126,
                derivative([](const Tensor &v) { return erf(v); }, 1)(x));
  }
}

TEST(InfiniteEnds, FunctionsThatGrow) {
  const std::vector<double> ends{-infinity, infinity}, end{infinity};
  check("exp", [](const Tensor &x) { return exp(x); }, ends, {{0, infinity}, {0, infinity}});
  check("relu", [](const Tensor &x) { return relu(x); }, ends, {{0, 1}, {0, 0}});
  check("abs", [](const Tensor &x) { return abs(x); }, ends, {{-1, 1}, {0, 0}});
  check("square", [](const Tensor &x) { return square(x); }, ends,
        {{-infinity, infinity}, {2, 2}, {0, 0}});
  check("reciprocal", [](const Tensor &x) { return 1 / x; }, ends, {{0, 0}, {0, 0}, {0, 0}});
  check("clip", [](const Tensor &x) { return clip(x, -1, 1); }, ends, {{0, 0}, {0, 0}});
  check("maximum", [](const Tensor &x) { return maximum(x, 0); }, ends, {{0, 1}, {0, 0}});
  check("sqrt", [](const Tensor &x) { return sqrt(x); }, end, {{0}, {0}, {0}});
  check("rsqrt", [](const Tensor &x) { return rsqrt(x); }, end, {{0}, {0}, {0}});
  check("log", [](const Tensor &x) { return log(x); }, end, {{0}, {0}, {0}});
  check("expm1", [](const Tensor &x) { return expm1(x); }, ends, {{0, infinity}, {0, infinity}});
  check("exp2", [](const Tensor &x) { return exp2(x); }, ends, {{0, infinity}, {0, infinity}});
  check("sinh", [](const Tensor &x) { return sinh(x); }, ends,
        {{infinity, infinity}, {-infinity, infinity}});
  check("cosh", [](const Tensor &x) { return cosh(x); }, ends,
        {{-infinity, infinity}, {infinity, infinity}});
  check("log1p", [](const Tensor &x) { return log1p(x); }, end, {{0}, {0}, {0}});
  check("log2", [](const Tensor &x) { return log2(x); }, end, {{0}, {0}, {0}});
  check("log10", [](const Tensor &x) { return log10(x); }, end, {{0}, {0}, {0}});
  check("acosh", [](const Tensor &x) { return acosh(x); }, end, {{0}, {0}, {0}});
  check("root by pow", [](const Tensor &x) { return pow(x, 0.5); }, end, {{0}, {0}, {0}});
}

TEST(InfiniteEnds, FunctionsOfTwoNumbers) {
  using Binary = Tensor (*)(const Tensor &, const Tensor &);
  const auto check_slopes = [](const std::string &name, Binary f, const std::vector<double> &x,
                               const std::vector<double> &y, const std::vector<double> &by_x,
                               const std::vector<double> &by_y) {
    const auto n = static_cast<std::int64_t>(x.size());
    for (const DType dtype : {DType::f32, DType::f64}) {
      const Tensor a = tensor(x, {n}).astype(dtype), b = tensor(y, {n}).astype(dtype);
      const auto slopes = grad(f, {0, 1})(a, b);
      expect_values(by_x, slopes[0], name + " by x");
      expect_values(by_y, slopes[1], name + " by y");
      for (int first : {0, 1}) {
        const auto second =
            grad([&](const Tensor &v, const Tensor &w) { return grad(f, {first})(v, w)[0]; },
                 {0, 1})(a, b);
        for (const Tensor &values : second)
          EXPECT_FALSE(any(isnan(values)).item<bool>()) << name;
      }
    }
  };
  check_slopes("hypot", [](const Tensor &x, const Tensor &y) { return hypot(x, y); },
               {0, 3, infinity, 2, -infinity}, {0, 4, 1, infinity, -2}, {0, 0.6, 1, 0, -1},
               {0, 0.8, 0, 1, 0});
  check_slopes("atan2", [](const Tensor &x, const Tensor &y) { return atan2(x, y); },
               {0, 1, infinity, 2}, {0, 2, 1, -infinity}, {0, 0.4, 0, 0}, {0, -0.2, 0, 0});
  check_slopes("logaddexp", [](const Tensor &x, const Tensor &y) { return logaddexp(x, y); },
               {2, infinity, -infinity, infinity, -infinity},
               {2, infinity, -infinity, -infinity, 3}, {0.5, 0.5, 0.5, 1, 0},
               {0.5, 0.5, 0.5, 0, 1});
  // The second derivative where both are equal is that of its surroundings.
  const Tensor two = tensor({2}, {1});
  const auto slope = [&](const Tensor &x) {
    return grad([&](const Tensor &v) { return logaddexp(v, two); })(x);
  };
  EXPECT_EQ(grad(slope)(two).item<double>(), 0.25);
}

TEST(InfiniteEnds, Logsumexp) {
  const Tensor x = tensor({-infinity, -infinity, -infinity, //
                           1, -infinity, -infinity,         //
                           2, 2, -infinity,                 //
                           infinity, 0, -infinity,          //
                           not_a_number, 0, infinity},
                          {5, 3});
  const Tensor weights = tensor({1, 2, 4}, {3});
  const Unary slope = derivative([](const Tensor &v) { return logsumexp(v); }, 1);
  const Unary weighted_slope = [&](const Tensor &v) { return slope(v) * weights; };
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor rows = x(slice(0, 4)).astype(dtype);
    expect_values({0, 0, 0, 1, 0, 0, 0.5, 0.5, 0, 1, 0, 0}, slope(rows), "slopes");
    // Row i of softmax's derivative is s_i (w_i - sum(s w)).
    expect_values({0, 0, 0, 0, 0, 0, -0.25, 0.25, 0, 0, 0, 0}, derivative(weighted_slope, 1)(rows),
                  "slopes of the slopes");
    expect_values({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, derivative(weighted_slope, 2)(rows),
                  "third derivatives");
    EXPECT_TRUE(any(isnan(slope(x(slice(4, 5)).astype(dtype)))).item<bool>());
  }
  const Tensor labels = Tensor::copy_of({std::int64_t{0}, std::int64_t{1}}, {2});
  expect_values({0, 0, 0, 0.25, -0.25, 0},
                derivative([&](const Tensor &v) { return cross_entropy(v, labels); },
                           1)(tensor({1, -infinity, -infinity, 2, 2, -infinity}, {2, 3})),
                "cross_entropy with masked classes");
}

TEST(InfiniteEnds, SoftmaxOfMaskedRows) {
  const Tensor x = tensor({1, -infinity, 1, -infinity, 3, -infinity}, {2, 3});
  const Tensor weights = tensor({1, 2, 4}, {3});
  const Unary soft = [&](const Tensor &v) { return softmax(v) * weights; };
  expect_values({-0.75, 0, 0.75, 0, 0, 0}, derivative(soft, 1)(x), "softmax");
  EXPECT_FALSE(any(isnan(derivative(soft, 2)(x))).item<bool>());
  const Unary logarithm = [&](const Tensor &v) { return log_softmax(v)(slice(), slice(0, 1)); };
  expect_values({0.5, 0, -0.5, 1, -1, 0}, derivative(logarithm, 1)(x), "log_softmax");
  EXPECT_FALSE(any(isnan(derivative(logarithm, 2)(x))).item<bool>());
}

TEST(InfiniteEnds, PowOfTensors) {
  const Tensor x = tensor({infinity, 0, 0, 0.5, infinity, 2}, {6});
  const Tensor y = tensor({-1, -1, 2, infinity, 2, 0}, {6});
  const auto by_exponent = [](const Tensor &a, const Tensor &b) {
    return grad([](const Tensor &v, const Tensor &w) { return pow(v, w); }, {1})(a, b)[0];
  };
  expect_values({0, -infinity, 0, 0, infinity, std::log(2.0)}, by_exponent(x, y), "exponents");
  // The mixed derivative x^(y-1) (1 + y log x).
  const Tensor base = tensor({infinity, 0, 2}, {3}), power = tensor({-1, 2, 0}, {3});
  expect_values({0, 0, 0.5}, grad(by_exponent, {0})(base, power)[0], "mixed");
  const auto by_base = [](const Tensor &a, const Tensor &b) {
    return grad([](const Tensor &v, const Tensor &w) { return pow(v, w); })(a, b);
  };
  expect_values({0, 0, 0.5}, grad(by_base, {1})(base, power)[0], "mixed, the other way");
  // All derivatives of a polynomial at 0.
  const double factorial[]{1, 1, 2, 6};
  for (int exponent = 0; exponent < 4; ++exponent)
    for (int order = 1; order < exponent + 3; ++order)
      EXPECT_EQ(derivative([=](const Tensor &v) { return pow(v, tensor({1.0 * exponent}, {1})); },
                           order)(tensor({0}, {1}))
                    .item<double>(),
                order == exponent ? factorial[exponent] : 0)
          << "derivative " << order << " of x^" << exponent;
}

} // namespace
} // namespace jit
