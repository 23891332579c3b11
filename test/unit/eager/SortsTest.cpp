// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scans, sorts and what stands on them: values, compiled bits, errors in their name.
#include "test/unit/jit/CompiledTest.h"

#include <cmath>
#include <functional>
#include <limits>

namespace jit::test {
namespace {

using Sorts = CompiledTest;
using Values = std::vector<double>;
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Tensor tensor(const Values &values, DimList shape) { return Tensor::copy_of(values, shape); }
Tensor line(const Values &values) {
  return tensor(values, {static_cast<std::int64_t>(values.size())});
}

struct Call {
  const char *name;
  std::function<Tensor(const Tensor &)> function;
  Values expected;
  DimList shape;
};

/// Eagerly the values, compiled the same bits.
void check(const std::vector<Call> &calls, const Tensor &x) {
  for (const Call &call : calls) {
    SCOPED_TRACE(call.name);
    const Tensor eager = plainly([&] { return call.function(x); });
    EXPECT_TRUE(same_bits(tensor(call.expected, call.shape), eager.astype(DType::f64)));
    auto traced = trace([&](const Tensor &t) { return call.function(t * 1) * 1; }, {call.name});
    const Tensor wanted = plainly([&] { return call.function(x * 1) * 1; });
    repeat(5, [&](int) { EXPECT_TRUE(same_bits(wanted, traced(x))); });
    EXPECT_GE(hits(traced), 1u);
  }
}

template <class F> std::string error_of(F f) {
  try {
    f();
  } catch (const Error &error) {
    return error.what();
  }
  return "no error";
}

#define EXPECT_REFUSED(text, expression)                                                           \
  EXPECT_NE(error_of([&] { expression; }).find(text), std::string::npos)                           \
      << error_of([&] { expression; })

TEST_F(Sorts, Scans) {
  const Tensor x = tensor({1, 2, 3, 4, 0, -1}, {2, 3});
  check(
      {{"sum", [](const Tensor &t) { return cumulative_sum(t, 1); }, {1, 3, 6, 4, 4, 3}, {2, 3}},
       {"sum 0", [](const Tensor &t) { return cumulative_sum(t, 0); }, {1, 2, 3, 5, 2, 2}, {2, 3}},
       {"sum reverse",
        [](const Tensor &t) { return cumulative_sum(t, {.axis = -1, .reverse = true}); },
        {6, 5, 3, 3, -1, -1},
        {2, 3}},
       {"sum initial",
        [](const Tensor &t) { return cumulative_sum(t, {.axis = 1, .include_initial = true}); },
        {0, 1, 3, 6, 0, 4, 4, 3},
        {2, 4}},
       {"prod",
        [](const Tensor &t) { return cumulative_prod(t, 1); },
        {1, 2, 6, 4, 0, -0.0},
        {2, 3}},
       {"prod initial",
        [](const Tensor &t) {
          return cumulative_prod(t, {.axis = 0, .reverse = true, .include_initial = true});
        },
        {4, 0, -3, 4, 0, -1, 1, 1, 1},
        {3, 3}},
       {"linear",
        [](const Tensor &t) { return linear_scan(t, t + 1); },
        {2, 7, 25, 5, 1, -1},
        {2, 3}},
       {"diff", [](const Tensor &t) { return diff(t); }, {1, 1, -4, -1}, {2, 2}},
       {"diff 0", [](const Tensor &t) { return diff(t, 0); }, {3, -2, -4}, {1, 3}}},
      x);
}

TEST_F(Sorts, ScansOfIntegersAreI64AndWrap) {
  const Tensor bytes = Tensor::copy_of<std::uint8_t>({200, 100, 255}, {3});
  EXPECT_EQ(cumulative_sum(bytes).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{200, 300, 555}));
  EXPECT_EQ(cumulative_sum(bytes, {.dtype = DType::u8}).to_vector<std::uint8_t>(),
            (std::vector<std::uint8_t>{200, 44, 43}));
  EXPECT_EQ(cumulative_sum(bytes > 150).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{1, 1, 2}));
  EXPECT_EQ(prod(bytes, {.dtype = DType::u8}).item<std::uint8_t>(), 224);
  EXPECT_EQ(prod(bytes).item<std::int64_t>(), 5'100'000);
  EXPECT_EQ(prod(zeros({0})).item<float>(), 1);
  EXPECT_EQ(diff(bytes > 150).to_vector<bool>(), (std::vector<bool>{true, true}));
}

TEST_F(Sorts, Orders) {
  const Tensor x = tensor({3, nan, -0.0, 0, -inf, 3, 1, inf}, {2, 4});
  check({{"sort",
          [](const Tensor &t) { return sort(t); },
          {-0.0, 0, 3, nan, -inf, 1, 3, inf},
          {2, 4}},
         {"descending",
          [](const Tensor &t) { return sort(t, {.descending = true}); },
          {nan, 3, -0.0, 0, inf, 3, 1, -inf},
          {2, 4}},
         {"argsort", [](const Tensor &t) { return argsort(t); }, {2, 3, 0, 1, 0, 2, 1, 3}, {2, 4}},
         {"sort 0",
          [](const Tensor &t) { return sort(t, 0); },
          {-inf, 3, -0.0, 0, 3, nan, 1, inf},
          {2, 4}},
         {"top_k", [](const Tensor &t) { return top_k(t, 2).first; }, {nan, 3, inf, 3}, {2, 2}},
         {"places",
          [](const Tensor &t) { return top_k(t, 3, 1, false).second; },
          {2, 3, 0, 0, 2, 1},
          {2, 3}},
         {"none", [](const Tensor &t) { return top_k(t, 0).second; }, {}, {2, 0}},
         {"kth", [](const Tensor &t) { return kthvalue(t, 3).first; }, {3, 3}, {2}},
         {"kth place",
          [](const Tensor &t) { return kthvalue(t, 1, 0, true).second; },
          {1, 1, 0, 0},
          {1, 4}}},
        x);
}

TEST_F(Sorts, MiddleElements) {
  const Tensor x = tensor({4, 1, 3, 2, 8, nan, 5, inf, inf, inf, inf, 1}, {3, 4});
  check({{"median", [](const Tensor &t) { return median(t, 1); }, {2.5, nan, inf}, {3}},
         {"keepdims", [](const Tensor &t) { return median(t, 0, true); }, {8, nan, 5, 2}, {1, 4}},
         {"all", [](const Tensor &t) { return median(t); }, {nan}, {}},
         {"quantile", [](const Tensor &t) { return quantile(t, 0.25, 1); }, {1.75, nan, inf}, {3}},
         {"least", [](const Tensor &t) { return quantile(t, 0, 1); }, {1, nan, 1}, {3}},
         {"most", [](const Tensor &t) { return quantile(t, 1, {.axis = 1}); }, {4, nan, inf}, {3}}},
        x);
  EXPECT_EQ(median(Tensor::copy_of<std::int64_t>({1, 2}, {2})).item<float>(), 1.5f);
}

TEST_F(Sorts, SetsAndCounts) {
  const Tensor x = tensor({3, 0, 3, -0.0, 1, 2}, {2, 3});
  check({{"isin",
          [](const Tensor &t) { return isin(t, line({0, 3, nan})); },
          {1, 1, 1, 1, 0, 0},
          {2, 3}},
         {"isin none",
          [](const Tensor &t) { return isin(t, zeros({0})); },
          {0, 0, 0, 0, 0, 0},
          {2, 3}},
         {"isin NaN",
          [](const Tensor &t) { return isin(t / 0, line({nan})); },
          {0, 0, 0, 0, 0, 0},
          {2, 3}},
         {"searchsorted",
          [](const Tensor &t) { return searchsorted(line({0, 1, 1, 3, nan}), t); },
          {3, 0, 3, 0, 1, 3},
          {2, 3}},
         {"right",
          [](const Tensor &t) { return searchsorted(line({0, 1, 1, 3, nan}), t, Side::right); },
          {4, 1, 4, 1, 3, 3},
          {2, 3}},
         {"nonzero", [](const Tensor &t) { return nonzero(t, 3); }, {0, 0, 0, 2, 1, 1}, {3, 2}},
         {"filled",
          [](const Tensor &t) { return nonzero(t, 7, -1); },
          {0, 0, 0, 2, 1, 1, 1, 2, -1, -1, -1, -1, -1, -1},
          {7, 2}},
         {"compress",
          [](const Tensor &t) {
            const Tensor rows = permute_dims(t, {1, 0});
            return compress(rows, rows(slice(), 0) > 1, 2);
          },
          {3, -0.0, 3, 2},
          {2, 2}},
         {"bincount",
          [](const Tensor &t) { return bincount(astype(t, DType::i64), 4); },
          {2, 1, 1, 2},
          {4}},
         {"weights",
          [](const Tensor &t) { return bincount(astype(t, DType::i64), t, 5); },
          {0, 1, 2, 6, 0},
          {5}},
         {"histogram",
          [](const Tensor &t) { return histogram(t, line({0, 1, 2, 3})); },
          {2, 1, 3},
          {3}}},
        x);
  EXPECT_EQ(histogram(line({-1, 0, nan, 5, 4, 4.5}), line({0, 4.5, 5})).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{2, 2}));
}

/// Shapes that values decide: outside of traces, and inside, where they end a segment.
TEST_F(Sorts, LooksAtValues) {
  const Tensor x = tensor({3, 0, 3, -0.0, nan, nan, 1, 3}, {2, 4});
  const auto look = [](const Tensor &t) {
    const Tensor y = t * 1;
    const UniqueAll all = unique_all(y);
    const auto [values, counts] = unique_counts(y);
    const Tensor places = nonzero(y);
    return std::vector<Tensor>{
        all.values * 2, all.indices * 1, all.inverse_indices * 1, counts * 1,
        values * 1,     places * 1,      unique_values(y) * 1.0,  unique_inverse(y).second * 1};
  };
  const std::vector<Tensor> eager = plainly([&] { return look(x); });
  const auto numbers = [&](std::size_t i) { return eager[i].astype(DType::f64); };
  EXPECT_TRUE(same_bits(line({0, 2, 6, nan, nan}), numbers(0)));
  EXPECT_TRUE(same_bits(line({1, 6, 0, 4, 5}), numbers(1)));
  EXPECT_TRUE(same_bits(tensor({2, 0, 2, 0, 3, 4, 1, 2}, {2, 4}), numbers(2)));
  EXPECT_TRUE(same_bits(line({2, 1, 3, 1, 1}), numbers(3)));
  EXPECT_TRUE(same_bits(tensor({0, 0, 0, 2, 1, 0, 1, 1, 1, 2, 1, 3}, {6, 2}), numbers(5)));
  auto traced = trace([&](const Tensor &t) { return look(t); }, {"looks"});
  repeat(8, [&](int) {
    const std::vector<Tensor> got = traced(x);
    for (std::size_t i = 0; i < eager.size(); ++i)
      EXPECT_TRUE(same_bits(eager[i], got[i])) << i;
  });
  EXPECT_GE(hits(traced), 1u);
  EXPECT_EQ(unique_values(zeros({0})).size(), 0);
  EXPECT_EQ(nonzero(Tensor(3.0)).shape(0), 1);
  EXPECT_EQ(nonzero(zeros({0, 2})).shape(1), 2);
}

TEST_F(Sorts, Refusals) {
  const Tensor x = ones({2, 3}), none = zeros({2, 0});
  EXPECT_REFUSED("cumulative_sum: needs an axis for f32[2,3]", cumulative_sum(x));
  EXPECT_REFUSED("cumulative_prod: axis 2", cumulative_prod(x, 2));
  EXPECT_REFUSED("dtype bool", cumulative_sum(x, {.axis = 0, .dtype = DType::boolean}));
  EXPECT_REFUSED("linear_scan: shapes differ", linear_scan(x, ones({3})));
  EXPECT_REFUSED("sort: axis -1", sort(Tensor(1.0)));
  EXPECT_REFUSED("argsort: axis 5", argsort(x, 5));
  EXPECT_REFUSED("top_k: k = 4 is not in [0, 3]", top_k(x, 4));
  EXPECT_REFUSED("top_k: k = -1", top_k(x, -1));
  EXPECT_REFUSED("kthvalue: k = 0 is not in [1, 3]", kthvalue(x, 0));
  EXPECT_REFUSED("median: no elements to choose from", median(none, 1));
  EXPECT_REFUSED("quantile: q = 1.5", quantile(x, 1.5));
  EXPECT_REFUSED("quantile: q must be a number", quantile(x, x));
  EXPECT_REFUSED("quantile: q = nan", quantile(x, nan));
  EXPECT_REFUSED("searchsorted: x must have one axis", searchsorted(x, x));
  EXPECT_REFUSED("nonzero: size -1 is negative", nonzero(x, -1));
  EXPECT_REFUSED("compress: needs a mask", compress(x, x, 1));
  EXPECT_REFUSED("compress: size 3", compress(x, ones({2}), 3));
  EXPECT_REFUSED("histogram: needs two edges", histogram(x, ones({1})));
  EXPECT_REFUSED("bincount: shapes differ", bincount(ones({2}, DType::i64), x, 2));
  EXPECT_REFUSED("out of range", bincount(full({2}, 5), 2).item());
  EXPECT_EQ(sum(x).item<float>(), 6); // still usable
}

} // namespace
} // namespace jit::test
