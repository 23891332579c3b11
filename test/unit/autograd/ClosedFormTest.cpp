// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients whose value is known: closed forms, ties, broadcasting, shapes that samples leave out.
#include "test/unit/autograd/Differences.h"

#include <limits>

namespace jit {
namespace {

using namespace jit::testing;

constexpr double infinity = std::numeric_limits<double>::infinity();
const double not_a_number = std::nan("");

Reduce along(int axis) { return {.axis = axis}; }

/// Gradient of the sum of f(x).
Tensor slope(const std::function<Tensor(Tensor)> &f, const Tensor &x) { return grad(f)(x); }

TEST(ClosedForm, Square) {
  EXPECT_EQ(grad(square)(10.0).item<float>(), 20.0f);
  EXPECT_EQ(grad([](Tensor x) { return square(x); })(Tensor(10.0)).item<float>(), 20.0f);
  expect_bits(tensor({2, -4, 0}, {3}),
              slope([](Tensor x) { return x * x; }, tensor({1, -2, 0}, {3})));
}

TEST(ClosedForm, TiesOfMaximumAndMinimumGoToTheFirstOperand) {
  const Tensor x = tensor({1, 2, 3}, {3}), y = tensor({1, 3, 2}, {3});
  auto both = grad([](Tensor a, Tensor b) { return maximum(a, b); }, {0, 1})(x, y);
  expect_bits(tensor({1, 0, 1}, {3}), both[0]);
  expect_bits(tensor({0, 1, 0}, {3}), both[1]);
  both = grad([](Tensor a, Tensor b) { return minimum(a, b); }, {0, 1})(x, y);
  expect_bits(tensor({1, 1, 0}, {3}), both[0]);
  expect_bits(tensor({0, 0, 1}, {3}), both[1]);
}

TEST(ClosedForm, TiesOfMaxAndMinGoToTheFirstWinner) {
  const Tensor x = tensor({3, 1, 3, 1, 3, 1}, {2, 3});
  expect_bits(tensor({1, 0, 0, 0, 0, 0}, {2, 3}), slope([](Tensor v) { return max(v); }, x));
  expect_bits(tensor({0, 1, 0, 0, 0, 0}, {2, 3}), slope([](Tensor v) { return min(v); }, x));
  expect_bits(tensor({1, 0, 0, 0, 1, 0}, {2, 3}),
              slope([](Tensor v) { return max(v, along(1)); }, x));
  expect_bits(tensor({0, 1, 0, 1, 0, 0}, {2, 3}),
              slope([](Tensor v) { return min(v, along(1)); }, x));
  expect_bits(tensor({1, 0, 1, 0, 1, 0}, {2, 3}),
              slope([](Tensor v) { return max(v, along(0)); }, x));
  expect_bits(tensor({0, 1, 0}, {3}),
              slope([](Tensor v) { return max(v); }, tensor({1, not_a_number, not_a_number}, {3})));
}

const Tensor repeated = Tensor::copy_of<std::int64_t>({0, 2, 0, -2}, {4});

TEST(ClosedForm, TiesOfScatterGoToTheFirstWinner) {
  const auto by = [](ScatterMode mode) {
    return grad([=](Tensor x, Tensor u) { return scatter(x, repeated, u, 0, mode); }, {0, 1});
  };
  const Tensor x = tensor({3, 3, 3, 3}, {4}), u = tensor({4, 3, 4, 5}, {4});
  auto both = by(ScatterMode::maximum)(x, u);
  expect_bits(tensor({0, 1, 0, 1}, {4}), both[0]);
  expect_bits(tensor({1, 0, 0, 1}, {4}), both[1]);
  both = by(ScatterMode::minimum)(x, u);
  expect_bits(tensor({1, 1, 1, 1}, {4}), both[0]);
  expect_bits(tensor({0, 0, 0, 0}, {4}), both[1]);
  both = by(ScatterMode::maximum)(x, tensor({not_a_number, 1, not_a_number, 1}, {4}));
  expect_bits(tensor({0, 1, 1, 1}, {4}), both[0]);
  expect_bits(tensor({1, 0, 0, 0}, {4}), both[1]);
}

/// Of each factor the product of the others, whatever is 0 or infinite, here and elsewhere.
TEST(ClosedForm, ProductsOfScatterWithZeros) {
  const auto product = grad(
      [](Tensor x, Tensor u) { return scatter(x, repeated, u, 0, ScatterMode::multiply); }, {0, 1});
  auto both = product(tensor({2, 3, 5, 7}, {4}), tensor({0, 4, 6, infinity}, {4}));
  expect_bits(tensor({0, 1, infinity, 1}, {4}), both[0]);
  expect_bits(tensor({12, infinity, 0, 20}, {4}), both[1]);
  both = product(tensor({2, 3, 5, 7}, {4}), tensor({0, 0, 0, 0}, {4}));
  expect_bits(tensor({0, 1, 0, 1}, {4}), both[0]);
  expect_bits(tensor({0, 0, 0, 0}, {4}), both[1]);
  // Of the second order: x0 u0 u2 has x0 as its mixed derivative.
  const Tensor x = tensor({2, 3, 5, 7}, {4});
  const auto slope =
      grad([=](Tensor u) { return scatter(x, repeated, u, 0, ScatterMode::multiply); });
  expect_bits(tensor({2, 5, 2, 5}, {4}), grad(slope)(zeros({4}, DType::f64)));
}

TEST(ClosedForm, ScatterOfEveryMode) {
  const Tensor x = numbers({3, 4, 2}, 1, true), rows = Tensor::copy_of<std::int64_t>({1, -4, 1});
  const Tensor u = numbers({3, 3, 2}, 2, true);
  Tensor index = reshape(arange(18), {3, 3, 2}) % 4 - 2;
  for (const ScatterMode mode : {ScatterMode::set, ScatterMode::add, ScatterMode::multiply,
                                 ScatterMode::minimum, ScatterMode::maximum}) {
    const std::string name = "scatter, mode " + std::to_string(static_cast<int>(mode));
    const Function f = [&](const auto &v) { return scatter(v[0], rows, v[1], 1, mode); };
    const Function along = [&](const auto &v) {
      return scatter_along_axis(v[0], index, v[1], 1, mode);
    };
    check_gradients(f, {x, u}, name);
    check_gradients(along, {x, u}, name + " along an axis");
    // Again, of the gradient by the updates.
    const Function slope = [&](const auto &v) {
      Tape tape;
      tape.watch(v[1]);
      return tape.gradient(sum(square(f({v[0], v[1]}))), {v[1]})[0];
    };
    check_gradients(slope, {x, u}, name + ", twice");
  }
}

/// d prod / dx of each is the product of the others, whatever is 0.
TEST(ClosedForm, ProductsWithZeros) {
  const auto product = [](Tensor v) { return prod(v); };
  expect_bits(tensor({6, 3, 2}, {3}), slope(product, tensor({1, 2, 3}, {3})));
  expect_bits(tensor({0, 3, 0}, {3}), slope(product, tensor({1, 0, 3}, {3})));
  expect_bits(tensor({0, 0, 0}, {3}), slope(product, tensor({0, 0, 3}, {3})));
  expect_bits(tensor({1}, {1}), slope(product, tensor({0}, {1})));
  expect_bits(tensor({3, 4, 0, 2}, {2, 2}),
              slope([](Tensor v) { return prod(v, along(0)); }, tensor({0, 2, 3, 4}, {2, 2})));
  // Of the second order: x1 x2 x3 has x3 as its mixed derivative.
  const auto second = grad([&](Tensor v) { return slope(product, v)(0); });
  expect_bits(tensor({0, 3, 0}, {3}), second(tensor({1, 0, 3}, {3})));
  expect_bits(tensor({0, 0, 0}, {3}), second(tensor({1, 0, 0}, {3})));
}

TEST(ClosedForm, CumulativeProductsWithZeros) {
  const auto scanned = [](Tensor v) { return cumulative_prod(v); };
  // 1 + x2 + x2 x3, x1 + x1 x3, x1 x2
  expect_bits(tensor({1, 4, 0}, {3}), slope(scanned, tensor({1, 0, 3}, {3})));
  expect_bits(tensor({9, 0, 0}, {3}), slope(scanned, tensor({0, 2, 3}, {3})));
  const auto second = grad([&](Tensor v) { return slope(scanned, v)(0); });
  expect_bits(tensor({0, 4, 0}, {3}), second(tensor({1, 0, 3}, {3})));
}

TEST(ClosedForm, SortedElementsKeepTheirGradients) {
  const Tensor x = tensor({3, 1, 2, 2}, {4}), weights = tensor({10, 20, 30, 40}, {4});
  expect_bits(tensor({40, 10, 20, 30}, {4}), slope([&](Tensor v) { return sort(v) * weights; }, x));
  expect_bits(tensor({1, 0, 1, 0}, {4}), slope([](Tensor v) { return top_k(v, 2).first; }, x));
  expect_bits(tensor({0, 0, 0.5, 0.5}, {4}),
              slope([](Tensor v) { return median(v); }, tensor({3, 1, 2, 2.5}, {4})));
}

TEST(ClosedForm, AbsAndReluAreFlatAtZero) {
  expect_bits(tensor({-1, 0, 1}, {3}),
              slope([](Tensor v) { return abs(v); }, tensor({-2, 0, 2}, {3})));
  expect_bits(tensor({0, 0, 0, 1, 0}, {5}),
              slope([](Tensor v) { return relu(v); }, tensor({-2, 0, -0.0, 2, not_a_number}, {5})));
}

TEST(ClosedForm, ClipPassesAtItsBounds) {
  const Tensor x = tensor({-1, 0, 0.5, 1, 2}, {5});
  expect_bits(tensor({0, 1, 1, 1, 0}, {5}), slope([](Tensor v) { return clip(v, 0, 1); }, x));
  const auto bounds = grad([&](Tensor low, Tensor high) { return clip(x, low, high); },
                           {0, 1})(Tensor(0.0, DType::f64), Tensor(1.0, DType::f64));
  EXPECT_EQ(bounds[0].item<double>(), 1);
  EXPECT_EQ(bounds[1].item<double>(), 1);
  // With low above high the result is high.
  const auto crossed = grad([&](Tensor low, Tensor high) { return clip(x, low, high); },
                            {0, 1})(Tensor(1.0, DType::f64), Tensor(0.0, DType::f64));
  EXPECT_EQ(crossed[0].item<double>(), 0);
  EXPECT_EQ(crossed[1].item<double>(), 5);
}

TEST(ClosedForm, PowAtItsEdges) {
  const Tensor x = tensor({0, 2, -2, 0}, {4});
  expect_bits(tensor({0, 0, 0, 0}, {4}), slope([](Tensor v) { return pow(v, 0.0); }, x));
  expect_bits(tensor({1, 1, 1, 1}, {4}), slope([](Tensor v) { return pow(v, 1); }, x));
  expect_bits(tensor({0, 12, 12, 0}, {4}), slope([](Tensor v) { return pow(v, 3); }, x));
  const Tensor y = tensor({0, 3, 2, 3}, {4});
  expect_bits(tensor({0, 12, -4, 0}, {4}), slope([&](Tensor v) { return pow(v, y); }, x));
  expect_bits(tensor({0, 8 * std::log(2), not_a_number, 0}, {4}),
              slope([&](Tensor v) { return pow(x, v); }, y));
  check_gradients([](const std::vector<Tensor> &a) { return pow(2.5, a[0]); }, {numbers({4}, 1)},
                  "2.5^x");
}

TEST(ClosedForm, BroadcastingIsSummed) {
  const Tensor matrix = ones({3, 4}, DType::f64), row = numbers({4}, 1),
               column = numbers({3, 1}, 2);
  const auto all =
      grad([](Tensor a, Tensor b, Tensor c) { return a + b + c; }, {0, 1, 2})(matrix, row, column);
  expect_bits(matrix, all[0]);
  expect_bits(full({4}, 3.0, DType::f64), all[1]);
  expect_bits(full({3, 1}, 4.0, DType::f64), all[2]);
  const Tensor number(2.0, DType::f64);
  EXPECT_EQ(slope([&](Tensor v) { return v * matrix; }, number).item<double>(), 12);
  expect_bits(full({1, 1, 4}, 3.0, DType::f64),
              slope([&](Tensor v) { return v * matrix; }, ones({1, 1, 4}, DType::f64)));
}

TEST(ClosedForm, DtypesAreConvertedBack) {
  const Tensor x = Tensor::copy_of({1.0f, 2.0f}, {2}), y = tensor({3, 4}, {2});
  const auto both = grad([](Tensor a, Tensor b) { return a * b; }, {0, 1})(x, y);
  EXPECT_EQ(both[0].dtype(), DType::f32);
  EXPECT_EQ(both[1].dtype(), DType::f64);
  expect_bits(Tensor::copy_of({3.0f, 4.0f}, {2}), both[0]);
  expect_bits(tensor({1, 2}, {2}), both[1]);
  const Tensor counts = Tensor::copy_of({std::int64_t{3}, std::int64_t{4}}, {2});
  expect_bits(Tensor::copy_of({3.0f, 4.0f}, {2}), slope([&](Tensor v) { return v * counts; }, x));
  expect_bits(Tensor::copy_of({1.0f, 1.0f}, {2}),
              slope([](Tensor v) { return v.astype(DType::f64); }, x));
  expect_bits(Tensor::copy_of({0.5f, 0.5f}, {2}),
              slope([](Tensor v) { return mean(v, {.axis = {}, .dtype = DType::f64}); }, x));
}

TEST(ClosedForm, EmptyTensors) {
  const Tensor nothing = zeros({0, 3}, DType::f64);
  expect_bits(nothing, slope([](Tensor v) { return exp(v) * 2; }, nothing));
  expect_bits(nothing, slope([](Tensor v) { return sum(v); }, nothing));
  expect_bits(nothing, slope([](Tensor v) { return softmax(v); }, nothing));
  expect_bits(zeros({3, 2}, DType::f64),
              slope([&](Tensor v) { return matmul(nothing, v); }, ones({3, 2}, DType::f64)));
}

TEST(ClosedForm, SoftmaxOfARow) {
  const Tensor x = numbers({3, 5}, 1), w = numbers({3, 5}, 2);
  const Tensor y = softmax(x);
  const Tensor expected = y * (w - sum(y * w, {.axis = -1, .keepdims = true}));
  const Tensor got = slope([&](Tensor v) { return softmax(v) * w; }, x);
  expect_close(expected.to_vector<double>(), got, "softmax");
  expect_close(softmax(x).to_vector<double>(), slope([](Tensor v) { return logsumexp(v); }, x),
               "logsumexp");
  // A constant added to a row changes nothing, however large the numbers are.
  const Tensor large = tensor({1000, 1001, -infinity}, {3});
  expect_close({0.2689414213699951, 0.7310585786300049, 0},
               slope([](Tensor v) { return logsumexp(v); }, large), "large");
}

TEST(ClosedForm, CrossEntropy) {
  const Tensor logits = numbers({4, 5}, 3, true);
  const Tensor labels =
      Tensor::copy_of({std::int64_t{0}, std::int64_t{4}, std::int64_t{2}, std::int64_t{2}}, {4});
  const Tensor expected = (softmax(logits) - one_hot(labels, 5, DType::f64)) / 4;
  expect_close(expected.to_vector<double>(),
               slope([&](Tensor v) { return cross_entropy(v, labels); }, logits), "cross_entropy");
  const Tensor x = numbers({6}, 1), y = numbers({6}, 2);
  expect_close(((x - y) / 3).to_vector<double>(), slope([&](Tensor v) { return mse(v, y); }, x),
               "mse");
}

TEST(ClosedForm, Matmul) {
  const Tensor a = numbers({3, 5}, 1), b = numbers({5, 2}, 2), ones_32 = ones({3, 2}, DType::f64);
  const auto both = grad([](Tensor x, Tensor y) { return matmul(x, y); }, {0, 1})(a, b);
  expect_bits(matmul(ones_32, permute_dims(b, {1, 0})), both[0]);
  expect_bits(matmul(permute_dims(a, {1, 0}), ones_32), both[1]);
  const Function product = [](const std::vector<Tensor> &x) { return matmul(x[0], x[1]); };
  const std::vector<std::pair<DimList, DimList>> shapes{
      {{5}, {5}},       {{5}, {5, 3}},          {{3, 5}, {5}},         {{5}, {2, 5, 3}},
      {{2, 3, 5}, {5}}, {{2, 3, 5}, {5, 4}},    {{3, 5}, {2, 5, 4}},   {{2, 1, 3, 5}, {4, 5, 2}},
      {{1, 1}, {1, 1}}, {{2, 2, 3, 5}, {5, 1}}, {{1, 3, 5}, {2, 5, 1}}};
  for (const auto &[left, right] : shapes)
    check_gradients(product, {numbers(left, 1, true), numbers(right, 2)}, "matmul");
  const Function dot = [](const std::vector<Tensor> &x) { return vecdot(x[0], x[1], 0); };
  check_gradients(dot, {numbers({5, 3}, 1), numbers({5, 1}, 2)}, "vecdot along axis 0");
}

TEST(ClosedForm, Slices) {
  const auto check = [](const char *what, const std::function<Tensor(const Tensor &)> &f,
                        DimList shape) {
    check_gradients([&](const std::vector<Tensor> &x) { return f(x[0]); }, {numbers(shape, 1)},
                    what);
  };
  check("integer", [](const Tensor &x) { return x(2); }, {5, 3});
  check("range", [](const Tensor &x) { return x(slice(1, 4), slice(0, 2)); }, {5, 3});
  check("steps", [](const Tensor &x) { return x(slice(1, {}, 3), slice({}, {}, 2)); }, {11, 4});
  check("backwards", [](const Tensor &x) { return x(slice({}, {}, -1)); }, {5, 3});
  check("backwards in steps", [](const Tensor &x) { return x(ellipsis, slice(-2, 0, -3)); },
        {2, 11});
  check("nothing", [](const Tensor &x) { return x(slice(2, 2)); }, {5, 3});
  check("one, a step beyond", [](const Tensor &x) { return x(slice(4, {}, 7)); }, {5, 3});
  check("eight axes", [](const Tensor &x) { return x(ellipsis, slice({}, {}, 2)); },
        {1, 2, 1, 1, 2, 1, 1, 5});
  check("new axis", [](const Tensor &x) { return x(newaxis, slice(1, {}), newaxis); }, {5, 3});
}

TEST(ClosedForm, UpdatesAndPads) {
  check_gradients(
      [&](const std::vector<Tensor> &x) {
        return slice_update(x[0], x[1], {4, 0}, {-2, 1}) * x[0];
      },
      {numbers({5, 3}, 1), numbers({3, 2}, 2)}, "slice_update");
  check_gradients(
      [&](const std::vector<Tensor> &x) { return square(pad(x[0], {1, 0}, {0, 2}, 3, {0, 1})); },
      {numbers({2, 3}, 1)}, "pad");
  check_gradients(
      [&](const std::vector<Tensor> &x) {
        Tensor y = x[0] * 2;
        y.at(1, slice({}, {}, 2)) *= x[1];
        y.at(less(y, 0)) = 3;
        y.at(Tensor::copy_of<std::int64_t>({0, -1}, {2})) -= x[2];
        return y * x[0];
      },
      {numbers({3, 4}, 1), numbers({2}, 2), numbers({2, 1}, 3)}, "at");
}

TEST(ClosedForm, Indices) {
  const Tensor twice = Tensor::copy_of({std::int64_t{1}, std::int64_t{1}, std::int64_t{0}}, {3});
  expect_bits(tensor({1, 1, 2, 2, 0, 0}, {3, 2}),
              slope([&](Tensor v) { return take(v, twice); }, ones({3, 2}, DType::f64)));
  const Tensor index = Tensor::copy_of({std::int64_t{2}, std::int64_t{2}, std::int64_t{0},
                                        std::int64_t{1}, std::int64_t{0}, std::int64_t{0}},
                                       {2, 3});
  const Function along_last = [&](const std::vector<Tensor> &x) {
    return take_along_axis(x[0], index, 1);
  };
  check_gradients(along_last, {numbers({2, 4}, 1)}, "take_along_axis, last axis");
  const Function along_first = [&](const std::vector<Tensor> &x) {
    return take_along_axis(x[0], index, 0);
  };
  check_gradients(along_first, {numbers({5, 3}, 1)}, "take_along_axis, first axis");
  const Tensor from_end = Tensor::copy_of<std::int64_t>({-1, 1, -1, -3}, {2, 2});
  const Tensor last = Tensor::copy_of<std::int64_t>({-1, 0}, {2, 1});
  check_gradients([&](const std::vector<Tensor> &x) { return take_along_axis(x[0], last, 1); },
                  {numbers({2, 4}, 1)}, "take_along_axis, one from the end a row");
  for (const ScatterMode mode : {ScatterMode::set, ScatterMode::add}) {
    check_gradients(
        [&](const std::vector<Tensor> &x) { return scatter(x[0], from_end, x[1], 1, mode) * x[0]; },
        {numbers({2, 4}, 1), numbers({2, 2, 2}, 2)}, "scatter");
    check_gradients(
        [&](const std::vector<Tensor> &x) {
          return scatter_along_axis(x[0], from_end, x[1], 1, mode) * x[0];
        },
        {numbers({2, 4}, 1), numbers({2, 2}, 2)}, "scatter_along_axis");
  }
  const Tensor bytes = Tensor::copy_of({std::uint8_t{2}, std::uint8_t{0}}, {2, 1});
  const Function by_bytes = [&](const std::vector<Tensor> &x) {
    return take_along_axis(x[0], bytes, 1);
  };
  check_gradients(by_bytes, {numbers({2, 4}, 1)}, "take_along_axis, one of u8 a row");
}

TEST(ClosedForm, VarianceAndLayerNorm) {
  const Function corrected = [](const std::vector<Tensor> &x) {
    auto [variance, center] = var_mean(x[0], {.axis = {0, 2}, .correction = 1});
    return variance * center;
  };
  check_gradients(corrected, {numbers({3, 2, 5}, 1)}, "var_mean");
  const Function only_mean = [](const std::vector<Tensor> &x) {
    return var_mean(x[0], {.axis = 1, .keepdims = true}).second;
  };
  check_gradients(only_mean, {numbers({3, 5}, 1)}, "mean of var_mean");
  const Function norm = [](const std::vector<Tensor> &x) {
    return layer_norm(x[0], x[1], x[2], 0.01);
  };
  check_gradients(norm, {numbers({2, 3, 5}, 1, true), numbers({5}, 2), numbers({5}, 3)},
                  "layer_norm");
  // Normalised rows do not feel a shift.
  const Tensor shift = slope(
      [](Tensor v) { return layer_norm(numbers({3, 5}, 1) + v, numbers({5}, 2), numbers({5}, 3)); },
      Tensor(0.0, DType::f64));
  EXPECT_NEAR(shift.item<double>(), 0, 1e-12);
}

TEST(ClosedForm, Joins) {
  const Function joined = [](const std::vector<Tensor> &x) {
    return concat({x[0], x[1], x[0]}, 1);
  };
  check_gradients(joined, {numbers({2, 3}, 1), numbers({2, 1}, 2)}, "concat");
  const Function stacked = [](const std::vector<Tensor> &x) { return stack({x[0], x[1]}, 1); };
  check_gradients(stacked, {numbers({2, 3}, 1), numbers({2, 3}, 2)}, "stack");
}

} // namespace
} // namespace jit
