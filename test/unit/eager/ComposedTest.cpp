// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions that are written with ops: their values, the same bits compiled, errors in their name.
#include "test/unit/eager/Compared.h"

#include <cmath>
#include <functional>
#include <limits>

namespace jit::test {
namespace {

using Composed = CompiledTest;
using Values = std::vector<float>;
constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// 0, 1, ..., 11 as [3, 4].
Tensor matrix() { return reshape(astype(arange(12), DType::f32), {3, 4}); }

struct Call {
  std::string name;
  std::function<Tensor(const Tensor &)> function;
  Values expected;
  DimList shape;
};

/// Eagerly the values, compiled the same bits.
void check(const Call &call, const Tensor &x) {
  SCOPED_TRACE(call.name);
  const Tensor eager = plainly([&] { return call.function(x); });
  EXPECT_TRUE(std::ranges::equal(eager.shape(), call.shape));
  const Tensor expected = Tensor::copy_of(call.expected, call.shape);
  EXPECT_TRUE(same_bits(expected, eager.astype(DType::f32)));
  auto traced = trace([&](const Tensor &t) { return call.function(t) * 1; }, {call.name});
  const Tensor wanted = plainly([&] { return call.function(x) * 1; });
  repeat(5, [&](int) { EXPECT_TRUE(same_bits(wanted, traced(x))); });
  EXPECT_GE(hits(traced), 1u);
}

TEST_F(Composed, OrderOfElements) {
  const Call calls[] = {
      {"flip",
       [](const Tensor &x) { return flip(x); },
       {11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
       {3, 4}},
      {"flip 1",
       [](const Tensor &x) { return flip(x, 1); },
       {3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8},
       {3, 4}},
      {"roll",
       [](const Tensor &x) { return roll(x, 1); },
       {11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
       {3, 4}},
      {"roll back",
       [](const Tensor &x) { return roll(x, -14); },
       {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1},
       {3, 4}},
      {"roll 2",
       [](const Tensor &x) { return roll(x, {1, -1}, {0, 1}); },
       {9, 10, 11, 8, 1, 2, 3, 0, 5, 6, 7, 4},
       {3, 4}},
      {"roll same",
       [](const Tensor &x) { return roll(x, 1, {0, -1}); },
       {11, 8, 9, 10, 3, 0, 1, 2, 7, 4, 5, 6},
       {3, 4}},
      {"tile",
       [](const Tensor &x) { return tile(x(slice(0, 1)), {2, 1}); },
       {0, 1, 2, 3, 0, 1, 2, 3},
       {2, 4}},
      {"tile more",
       [](const Tensor &x) { return tile(x(0, slice(0, 2)), {2, 2}); },
       {0, 1, 0, 1, 0, 1, 0, 1},
       {2, 4}},
      {"tile none", [](const Tensor &x) { return tile(x, {0}); }, {}, {3, 0}},
      {"repeat", [](const Tensor &x) { return repeat(x(0), 2); }, {0, 0, 1, 1, 2, 2, 3, 3}, {8}},
      {"repeat 0",
       [](const Tensor &x) { return repeat(x(slice(0, 2), slice(0, 2)), 2, 0); },
       {0, 1, 0, 1, 4, 5, 4, 5},
       {4, 2}},
      {"swapaxes",
       [](const Tensor &x) { return swapaxes(x, 0, -1); },
       {0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11},
       {4, 3}},
      {"matrix_transpose",
       [](const Tensor &x) { return matrix_transpose(x); },
       {0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11},
       {4, 3}},
      {"flatten",
       [](const Tensor &x) { return flatten(x(slice(0, 2))); },
       {0, 1, 2, 3, 4, 5, 6, 7},
       {8}},
      {"unstack", [](const Tensor &x) { return unstack(x, 1)[2]; }, {2, 6, 10}, {3}},
      {"split", [](const Tensor &x) { return split(x, 2, 1)[1]; }, {2, 3, 6, 7, 10, 11}, {3, 2}},
      {"pad",
       [](const Tensor &x) { return pad(x(slice(0, 1), slice(0, 2)), {0, 1}, {1, 0}, 7); },
       {7, 0, 1, 7, 7, 7},
       {2, 3}},
      {"pad nothing",
       [](const Tensor &x) { return pad(x, {0, 0}, {0, 0}); },
       {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
       {3, 4}},
  };
  for (const Call &call : calls)
    check(call, matrix());
}

TEST_F(Composed, MovedAxes) {
  const Tensor x = zeros({2, 3, 4, 5});
  EXPECT_TRUE(std::ranges::equal(moveaxis(x, 0, -1).shape(), DimList{3, 4, 5, 2}));
  EXPECT_TRUE(std::ranges::equal(moveaxis(x, -1, 0).shape(), DimList{5, 2, 3, 4}));
  EXPECT_TRUE(std::ranges::equal(moveaxis(x, {0, 1}, {2, 0}).shape(), DimList{3, 4, 2, 5}));
}

TEST_F(Composed, TrianglesAndDiagonals) {
  const Call calls[] = {
      {"tril",
       [](const Tensor &x) { return tril(x); },
       {0, 0, 0, 0, 4, 5, 0, 0, 8, 9, 10, 0},
       {3, 4}},
      {"tril 1",
       [](const Tensor &x) { return tril(x, 1); },
       {0, 1, 0, 0, 4, 5, 6, 0, 8, 9, 10, 11},
       {3, 4}},
      {"tril far", [](const Tensor &x) { return tril(x, -9); }, Values(12, 0), {3, 4}},
      {"triu",
       [](const Tensor &x) { return triu(x); },
       {0, 1, 2, 3, 0, 5, 6, 7, 0, 0, 10, 11},
       {3, 4}},
      {"triu -1",
       [](const Tensor &x) { return triu(x, -1); },
       {0, 1, 2, 3, 4, 5, 6, 7, 0, 9, 10, 11},
       {3, 4}},
      {"diagonal", [](const Tensor &x) { return diagonal(x); }, {0, 5, 10}, {3}},
      {"diagonal 2", [](const Tensor &x) { return diagonal(x, 2); }, {2, 7}, {2}},
      {"diagonal -1", [](const Tensor &x) { return diagonal(x, -1); }, {4, 9}, {2}},
      {"diagonal far", [](const Tensor &x) { return diagonal(x, 4); }, {}, {0}},
      {"eye",
       [](const Tensor &x) { return x(slice(0, 2), slice(0, 3)) * eye(2, 3, 1); },
       {0, 1, 0, 0, 0, 6},
       {2, 3}},
      {"linspace",
       [](const Tensor &x) { return linspace(0, 1, 5) + x(0, 0); },
       {0, 0.25f, 0.5f, 0.75f, 1},
       {5}},
  };
  for (const Call &call : calls)
    check(call, matrix());
  EXPECT_EQ(linspace(2, 3, 1).to_vector<float>(), Values{2});
  EXPECT_EQ(linspace(2, 3, 0).size(), 0);
  const auto tenths = linspace(0, 0.7, 8, DType::f64).to_vector<double>();
  EXPECT_EQ(tenths[7], 0.7);
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(sum(tril(ones({3, 3}), most)).item<float>(), 9);
  EXPECT_EQ(sum(triu(ones({3, 3}), most)).item<float>(), 0);
  EXPECT_EQ(sum(triu(ones({3, 3}), -most - 1)).item<float>(), 9);
  EXPECT_EQ(tril(ones({2, 2}, DType::boolean)).dtype(), DType::boolean);
}

TEST_F(Composed, Activations) {
  const Tensor x = Tensor::copy_of({-7.0f, -1.0f, -0.25f, 0.0f, 0.5f, 9.0f}, {6});
  const Call calls[] = {
      {"relu6", [](const Tensor &t) { return relu6(t); }, {0, 0, 0, 0, 0.5f, 6}, {6}},
      {"hardtanh", [](const Tensor &t) { return hardtanh(t); }, {-1, -1, -0.25f, 0, 0.5f, 1}, {6}},
      {"hardshrink", [](const Tensor &t) { return hardshrink(t); }, {-7, -1, 0, 0, 0, 9}, {6}},
      {"softshrink",
       [](const Tensor &t) { return softshrink(t); },
       {-6.5f, -0.5f, 0, 0, 0, 8.5f},
       {6}},
      {"threshold",
       [](const Tensor &t) { return threshold(t, 0.25, 20); },
       {20, 20, 20, 20, 0.5f, 9},
       {6}},
  };
  for (const Call &call : calls)
    check(call, x);
  const Tensor wild = Tensor::copy_of({nan, inf, -inf, 1.0f}, {4});
  constexpr float largest = std::numeric_limits<float>::max();
  check(
      {"nan_to_num", [](const Tensor &t) { return nan_to_num(t); }, {0, largest, -largest, 1}, {4}},
      wild);
  check({"nan_to_num 3", [](const Tensor &t) { return nan_to_num(t, 1, 2, 3); }, {1, 2, 3, 1}, {4}},
        wild);
}

TEST_F(Composed, Reductions) {
  const Tensor x = Tensor::copy_of({3.0f, 1.0f, 1.0f, 0.0f, nan, -0.0f}, {2, 3});
  const Call calls[] = {
      {"argmin", [](const Tensor &t) { return argmin(t, {.axis = 1}); }, {1, 1}, {2}},
      {"count_nonzero", [](const Tensor &t) { return count_nonzero(t, {.axis = 1}); }, {3, 1}, {2}},
      {"std",
       [](const Tensor &t) { return jit::std(t(slice(0, 1)) * 0 + 2, {.axis = 1}); },
       {0},
       {1}},
  };
  for (const Call &call : calls)
    check(call, x);
  const auto lowest = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(argmin(Tensor::copy_of({std::int64_t{1}, lowest, lowest}, {3})).item<std::int64_t>(),
            1);
  EXPECT_EQ(argmin(Tensor::copy_of({std::uint8_t{7}, std::uint8_t{0}}, {2})).item<std::int64_t>(),
            1);
  // The gradient at a spread of 0 is 0, not NaN.
  const Tensor same = full({4}, 2.0);
  const auto gradient = grad([](const Tensor &t) { return jit::std(t); })(same);
  EXPECT_EQ(gradient.to_vector<float>(), Values(4, 0));
}

TEST_F(Composed, ErrorsNameTheFunction) {
  const Tensor x = matrix();
  const auto begins = [](const std::string &message, const std::string &begin) {
    EXPECT_TRUE(message.find(begin) != std::string::npos) << message;
  };
  begins(message_of([&] { flip(x, 2); }), "flip: axis 2 is out of range for f32[3,4]");
  begins(message_of([&] { roll(x, {1, 2, 3}, {0, 1}); }), "roll: 3 shifts for 2 axes");
  begins(message_of([&] { roll(x, 1, {0, 0}); }), "roll: axis 0 is repeated");
  begins(message_of([&] { tile(x, {-1}); }), "tile: cannot repeat -1 times");
  begins(message_of([&] { repeat(x, std::int64_t{1} << 62, 0); }), "repeat: f32[3,4] repeated");
  begins(message_of([&] { moveaxis(x, {0, 1}, {0}); }), "moveaxis: 2 axes to 1 places");
  begins(message_of([&] { matrix_transpose(x(0)); }), "matrix_transpose: needs two axes");
  begins(message_of([&] { split(x, 2, 0); }),
         "split: an axis of 3 does not divide into 2 equal parts");
  begins(message_of([&] { pad(x, {1}, {1}); }), "pad: 1 extents in front, 1 behind and 2 between");
  begins(message_of([&] { pad(x, {-1, 0}, {0, 0}); }), "pad: extents must not be negative, got -1");
  begins(message_of([&] { pad(x, {std::int64_t{1} << 62, std::int64_t{1} << 62}, {0, 0}); }),
         "pad: the result f32[4611686018427387907,4611686018427387908] is too large");
  begins(message_of([&] { linspace(0, 1, std::int64_t{1} << 62); }), "linspace: cannot make");
  begins(message_of([&] { eye(std::int64_t{1} << 40); }), "eye: cannot make");
  begins(message_of([&] { tril(x(0)); }), "tril: needs two axes");
  begins(message_of([&] { linspace(0, 1, 3, DType::i64); }), "linspace: i64 cannot hold its steps");
  begins(message_of([&] { hardshrink(2.0); }), "hardshrink: needs a tensor, got a number");
  EXPECT_EQ(sum(x).item<float>(), 66); // and all is usable
}

} // namespace
} // namespace jit::test
