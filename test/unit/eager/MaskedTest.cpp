// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions with option `where`: as of the elements that the mask names, and of those alone.
#include "test/Refused.h"
#include "test/unit/autograd/Differences.h"
#include "test/unit/jit/CompiledTest.h"

namespace jit::test {
namespace {

using Extents = std::vector<std::int64_t>;
Extents extents(const Tensor &x) { return {x.shape().begin(), x.shape().end()}; }

constexpr double infinity = std::numeric_limits<double>::infinity();
const float not_a_number = std::numeric_limits<float>::quiet_NaN();

class MaskedReductions : public CompiledTest {
protected:
  void SetUp() override {
    CompiledTest::SetUp();
    set_mode(Mode::off);
  }
};

/// Rows of x without the elements where the mask is false, reduced each by itself.
template <class F> Tensor row_by_row(const Tensor &x, const Tensor &mask, F reduce) {
  std::vector<Tensor> rows;
  for (std::int64_t i = 0; i < x.shape(0); ++i)
    rows.push_back(reduce(x(i)(mask(i))));
  return stack(rows);
}

Tensor some_mask(std::int64_t rows, std::int64_t columns) {
  const Tensor mask = reshape(arange(0, rows * columns, 1), {rows, columns}) * 7 % 5 > 1;
  return mask;
}

TEST_F(MaskedReductions, AreThoseOfTheNamedElements) {
  const Tensor mask = some_mask(4, 7);
  for (const DType dtype : {DType::f32, DType::f64, DType::u8, DType::i16, DType::i64}) {
    const Tensor x = (reshape(arange(0, 28, 1), {4, 7}) * 13 % 11).astype(dtype);
    const auto check = [&](const char *name, auto reduce, auto masked) {
      EXPECT_TRUE(same_bits(row_by_row(x, mask, reduce), masked(x))) << name << jit::name(dtype);
    };
    const Reduce by_row{.axis = 1, .where = mask};
    check("sum", [](const Tensor &v) { return sum(v); }, [&](auto v) { return sum(v, by_row); });
    check("prod", [](const Tensor &v) { return prod(v); }, [&](auto v) { return prod(v, by_row); });
    check("max", [](const Tensor &v) { return max(v); }, [&](auto v) { return max(v, by_row); });
    check("min", [](const Tensor &v) { return min(v); }, [&](auto v) { return min(v, by_row); });
    check("mean", [](const Tensor &v) { return mean(v); }, [&](auto v) { return mean(v, by_row); });
    check(
        "any", [](const Tensor &v) { return any(v > 9); },
        [&](auto v) { return any(v > 9, by_row); });
    check(
        "all", [](const Tensor &v) { return all(v < 9); },
        [&](auto v) { return all(v < 9, by_row); });
    check(
        "count", [](const Tensor &v) { return count_nonzero(v); },
        [&](auto v) { return count_nonzero(v, by_row); });
    // Places are those of the whole row.
    const std::vector<std::int64_t> places = argmax(x, by_row).to_vector<std::int64_t>();
    const Tensor greatest = max(x, by_row);
    for (std::int64_t i = 0; i < 4; ++i) {
      const std::int64_t at = places[static_cast<std::size_t>(i)];
      EXPECT_TRUE(mask(i, at).item<bool>());
      EXPECT_TRUE(same_bits(x(i, at), greatest(i)));
      for (std::int64_t j = 0; j < at; ++j)
        EXPECT_FALSE(mask(i, j).item<bool>() && (x(i, j) == greatest(i)).item<bool>());
    }
  }
}

TEST_F(MaskedReductions, VarianceDividesByTheCount) {
  const Tensor x = Tensor::copy_of<double>({1, 100, 3, 5, 7, -50}, {2, 3});
  const Tensor mask = Tensor::copy_of<bool>({true, false, true, true, true, false}, {2, 3});
  EXPECT_EQ(var(x, {.axis = 1, .where = mask}).to_vector<double>(), (std::vector<double>{1, 1}));
  EXPECT_EQ(var(x, {.correction = 1, .where = mask}).item<double>(), 20.0 / 3);
  EXPECT_EQ(jit::std(x, {.axis = 1, .where = mask}).to_vector<double>(),
            (std::vector<double>{1, 1}));
  const auto [variance, center] = var_mean(x, {.axis = 1, .keepdims = true, .where = mask});
  EXPECT_EQ(center.to_vector<double>(), (std::vector<double>{2, 6}));
  EXPECT_EQ(extents(variance), (Extents{2, 1}));
}

TEST_F(MaskedReductions, OfNoElements) {
  const Tensor x = ones({2, 3}), none = zeros({2, 3}, DType::boolean);
  const Reduce nothing{.axis = 1, .where = none};
  using Values = std::vector<float>;
  EXPECT_EQ(sum(x, nothing).to_vector<float>(), (Values{0, 0}));
  EXPECT_EQ(prod(x, nothing).to_vector<float>(), (Values{1, 1}));
  EXPECT_EQ(max(x, nothing).to_vector<float>(), (Values{float(-infinity), float(-infinity)}));
  EXPECT_EQ(min(x, nothing).to_vector<float>(), (Values{float(infinity), float(infinity)}));
  EXPECT_TRUE(all(isnan(mean(x, nothing))).item<bool>());
  EXPECT_TRUE(all(isnan(var(x, {.axis = 1, .where = none}))).item<bool>());
  EXPECT_EQ(argmax(x, nothing).to_vector<std::int64_t>(), (std::vector<std::int64_t>{0, 0}));
  EXPECT_FALSE(any(x, {.where = none}).item<bool>());
  EXPECT_TRUE(all(zeros({2, 3}), {.where = none}).item<bool>());
  EXPECT_EQ(max(ones({2}, DType::i8), {.where = zeros({2}, DType::boolean)}).item<int>(), -128);
  EXPECT_EQ(min(ones({2}, DType::u8), {.where = zeros({2}, DType::boolean)}).item<int>(), 255);
  EXPECT_FALSE(max(ones({2}, DType::boolean), {.where = zeros({2}, DType::boolean)}).item<bool>());
}

TEST_F(MaskedReductions, WhatIsMaskedOutMayBeAnything) {
  const Tensor x = Tensor::copy_of<float>({not_a_number, 1, float(infinity), 2});
  const Tensor mask = Tensor::copy_of<bool>({false, true, false, true});
  const Reduce named{.where = mask};
  EXPECT_EQ(sum(x, named).item<float>(), 3);
  EXPECT_EQ(mean(x, named).item<float>(), 1.5f);
  EXPECT_EQ(max(x, named).item<float>(), 2);
  EXPECT_EQ(argmax(x, named).item<std::int64_t>(), 3);
  EXPECT_EQ(argmin(x, named).item<std::int64_t>(), 1);
  EXPECT_EQ(var(x, {.where = mask}).item<float>(), 0.25f);
  EXPECT_EQ(argmax(x).item<std::int64_t>(), 0);
  // The least there is, where something masked out is as small.
  const Tensor low = full({3}, -infinity);
  EXPECT_EQ(argmax(low, {.where = Tensor::copy_of<bool>({false, true, true})}).item<int>(), 1);
  for (const auto &reduce : std::vector<std::function<Tensor(Tensor)>>{
           [&](Tensor v) { return sum(v, named); }, [&](Tensor v) { return prod(v, named); },
           [&](Tensor v) { return mean(v, named); }, [&](Tensor v) { return max(v, named); },
           [&](Tensor v) { return jit::std(v, {.where = mask}); }}) {
    const Tensor slope = grad(reduce)(x);
    EXPECT_FALSE(any(isnan(slope)).item<bool>()) << slope;
    EXPECT_EQ(slope(0).item<float>(), 0);
    EXPECT_EQ(slope(2).item<float>(), 0);
  }
}

TEST_F(MaskedReductions, MasksBroadcast) {
  const Tensor x = reshape(arange(0, 6, 1, DType::f32), {2, 3});
  const Tensor columns = Tensor::copy_of<bool>({true, false, true});
  EXPECT_EQ(sum(x, {.axis = 1, .where = columns}).to_vector<float>(), (std::vector<float>{2, 8}));
  EXPECT_EQ(mean(x, {.where = columns}).item<float>(), 2.5f);
  const Variable mask(columns);
  EXPECT_EQ(x.sum({.where = mask}).item<float>(), 10);
}

TEST_F(MaskedReductions, Gradients) {
  const Tensor mask = some_mask(3, 4);
  const Tensor x = testing::numbers({3, 4}, 1, true);
  const Reduce by_row{.axis = 1, .where = mask};
  const auto check = [&](const char *name, const testing::Function &f) {
    testing::check_gradients(f, {x}, name);
  };
  check("sum", [&](const auto &v) { return sum(v[0], by_row); });
  check("prod", [&](const auto &v) { return prod(v[0], by_row); });
  check("mean", [&](const auto &v) { return mean(v[0], by_row); });
  check("max", [&](const auto &v) { return max(v[0], by_row); });
  check("min", [&](const auto &v) { return min(v[0], by_row); });
  check("var", [&](const auto &v) { return var(v[0], {.axis = 1, .where = mask}); });
  check("std", [&](const auto &v) { return jit::std(v[0], {.axis = 0, .where = mask}); });
}

TEST_F(MaskedReductions, Compiled) {
  set_mode(Mode::on);
  const auto step = [](const Tensor &x, const Tensor &mask) {
    const Reduce by_row{.axis = 1, .keepdims = true, .where = mask};
    const auto [variance, center] = var_mean(x, {.axis = 1, .keepdims = true, .where = mask});
    return (x - mean(x, by_row)) / (max(x, by_row) + 1) + variance * center + sum(x, by_row) +
           argmin(x, by_row) + prod(x, by_row);
  };
  auto traced = trace(step, {.name = "masked"});
  const Tensor x = reshape(ramp(7 * 33), {7, 33});
  for (int i = 0; i < 8; ++i) {
    const Tensor mask = reshape(arange(i, i + 7 * 33, 1), {7, 33}) % 3 != 1;
    const Tensor expected = plainly([&] { return step(x, mask); });
    EXPECT_TRUE(same_bits(expected, traced(x, mask))) << i;
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_GE(hits(traced), 3u);
}

TEST_F(MaskedReductions, RefuseOtherMasks) {
  const Tensor x = ones({2, 3});
  expect_refused("sum: option where is a mask that broadcasts to f32[2,3], not f32[2,3]",
                 [&] { sum(x, {.where = x}); });
  expect_refused("mean: option where is a mask that broadcasts to f32[2,3], not bool[2]",
                 [&] { mean(x, {.where = zeros({2}, DType::boolean)}); });
  expect_refused("argmax: option where",
                 [&] { argmax(x, {.where = ones({4, 2, 3}, DType::boolean)}); });
  expect_refused("var_mean: option where", [&] { var(x, {.where = x}); });
  expect_refused("median: takes no option where", [&] { median(x, {.where = x > 0}); });
  expect_refused("max: operand is an empty tensor", [&] { max(x, {.where = Tensor()}); });
}

} // namespace
} // namespace jit::test
