// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ways of writing that people who know NumPy or PyTorch try first.
#include <tracejit/tracejit.h>

#include <gtest/gtest.h>
#include <limits>
#include <sstream>
#include <string_view>

namespace jit {
namespace {

Tensor matrix() { return reshape(astype(arange(6), DType::f32), {2, 3}); }
using Values = std::vector<float>;
using Doubles = std::vector<double>;

// What would silently do nothing, or read a whole tensor as one condition.
static_assert(!std::is_assignable_v<Tensor, Tensor>);
static_assert(!std::is_assignable_v<Tensor, const Tensor &>);
static_assert(std::is_assignable_v<Tensor &, Tensor>);
static_assert(std::movable<Tensor> && std::copyable<Tensor>);
template <class T>
concept AddsToTemporary = requires(const T &x) { x(0) += x; };
template <class L, class R>
concept Ands = requires(const L &x, const R &y) { x && y; };
template <class L, class R>
concept Ors = requires(const L &x, const R &y) { x || y; };
template <class T>
concept Nots = requires(const T &x) { !x; };
static_assert(!AddsToTemporary<Tensor>);
static_assert(!Ands<Tensor, Tensor> && !Ors<Tensor, Tensor> && !Nots<Tensor>);
static_assert(!Ands<Variable, Tensor> && !Nots<Variable>);
static_assert(Ands<bool, Tensor>, "one element beside a flag of the program");

// Literals, since other ints would not fit a bool in braces anyway.
template <class T>
concept BareListsAreAxes = requires(const T &x) { sum(x, {0, 1}); };
static_assert(!BareListsAreAxes<Tensor>, "two axes would be an axis and keepdims");

TEST(Spellings, AxesOfReductions) {
  const Tensor x = matrix();
  EXPECT_EQ(sum(x, 1).to_vector<float>(), (Values{3, 12}));
  EXPECT_EQ(sum(x, -1).to_vector<float>(), (Values{3, 12}));
  EXPECT_EQ(sum(x, Axes{0, 1}).ndim(), 0);
  EXPECT_EQ(sum(x, DimList{0, 1}).item<float>(), 15);
  EXPECT_EQ(sum(x, Axes{1}).to_vector<float>(), (Values{3, 12}));
  EXPECT_EQ(max(x, 0, true).shape(0), 1);
  EXPECT_EQ(argmax(x, 1).to_vector<std::int64_t>(), (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(var(x, 1).shape(0), 2);
  EXPECT_EQ(var_mean(x, 0, true).second.ndim(), 2);
  EXPECT_EQ(sum(x, {.axis = 1, .keepdims = true}).ndim(), 2);
  EXPECT_THROW(sum(x, 2), Error);
  EXPECT_THROW(sum(x, Axes{0, 0}), Error);
}

TEST(Spellings, OneElement) {
  EXPECT_EQ(Tensor(7).item<int>(), 7);
  EXPECT_EQ(Tensor(7.9).item<unsigned short>(), 7);
  EXPECT_EQ(Tensor(2.5).item().as_double(), 2.5);
  EXPECT_EQ(Tensor(2.5).item().kind(), ScalarKind::floating);
  EXPECT_EQ(Tensor(true).item().kind(), ScalarKind::boolean);
  const std::int64_t large = std::int64_t{1} << 40;
  EXPECT_EQ(Tensor(large).item().as_int(), large);
  try {
    Tensor(large).item<int>();
    FAIL() << "no error";
  } catch (const Error &error) {
    EXPECT_TRUE(
        std::string_view(error.what())
            .starts_with("item: 1099511627776 does not fit the integer type (SpellingsTest.cpp:"))
        << error.what();
  }
  EXPECT_THROW(matrix().item(), Error);
  EXPECT_THROW(Tensor(-1).item<unsigned>(), Error);
}

TEST(Spellings, ShapesAndIndices) {
  const Tensor x = matrix();
  EXPECT_EQ(x.shape(0), 2);
  EXPECT_EQ(x.shape(-1), 3);
  EXPECT_THROW(x.shape(2), Error);
  EXPECT_EQ(x[1].to_vector<float>(), (Values{3, 4, 5}));
  EXPECT_EQ(x[1][2].item<float>(), 5);
  const Variable w(x);
  EXPECT_EQ(w(1, 2).item<float>(), 5);
  EXPECT_EQ(w(0).ndim(), 1);
  EXPECT_EQ(w.to_vector<float>(), x.to_vector<float>());
  EXPECT_EQ(Variable(Tensor(3)).item<int>(), 3);
}

TEST(Spellings, Methods) {
  const Tensor x = matrix();
  EXPECT_EQ(x.sum().item<float>(), 15);
  EXPECT_EQ(x.sum(1).to_vector<float>(), (Values{3, 12}));
  EXPECT_EQ(x.mean({.axis = 0}).to_vector<float>(), (Values{1.5, 2.5, 3.5}));
  EXPECT_EQ(x.max(0, true).ndim(), 2);
  EXPECT_EQ(x.argmax(1).to_vector<std::int64_t>(), (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(x.reshape({3, -1}).shape(0), 3);
  EXPECT_EQ(x.T().shape(0), 3);
  EXPECT_EQ(reshape(arange(24), {2, 3, 4}).T().shape(0), 4);
  EXPECT_TRUE(array_equal(x.transpose(0, 1), x.T()));
  EXPECT_TRUE(array_equal(x.transpose({1, 0}), x.T()));
  EXPECT_EQ(x.astype(DType::i64).dtype(), DType::i64);
  EXPECT_EQ(x.expand_dims(0).squeeze().ndim(), 2);
  EXPECT_TRUE(array_equal(x.exp().log(), log(exp(x))));
  EXPECT_TRUE(array_equal(x.matmul(x.T()), matmul(x, x.T())));
  EXPECT_TRUE(array_equal(x.clip(1, x(1)), clip(x, 1, x(1))));
  EXPECT_TRUE(array_equal(x.pad({0, 1}, {1, 0}), pad(x, {0, 1}, {1, 0}, 0)));
  EXPECT_TRUE(array_equal(x.pad({0, 1}, {1, 0}, 7), pad(x, {0, 1}, {1, 0}, 7)));
  EXPECT_EQ(x.var_mean(1).second.to_vector<float>(), (Values{1, 4}));
  EXPECT_EQ(x.split(3, 1)[2].to_vector<float>(), (Values{2, 5}));
  Variable w(x);
  EXPECT_EQ(w.sum().item<float>(), 15);
  w = w.square();
  EXPECT_EQ(w.max().item<float>(), 25);
  EXPECT_THROW(Tensor().sum(), Error);
}

TEST(Spellings, CopiesOfLists) {
  EXPECT_TRUE(Tensor::copy_of(Values{1, 2}).shape() == DimList{2});
  EXPECT_TRUE(Tensor::copy_of({1.0, 2.0, 3.0}).shape() == DimList{3});
  const Tensor rows = Tensor::copy_of({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  EXPECT_TRUE(rows.shape() == (DimList{2, 3}));
  EXPECT_EQ(rows.to_vector<double>(), (Doubles{1, 2, 3, 4, 5, 6}));
  const Tensor matrices = Tensor::copy_of({{{1.0f}, {2.0f}}, {{3.0f}, {4.0f}}, {{5.0f}, {6.0f}}});
  EXPECT_TRUE(matrices.shape() == (DimList{3, 2, 1}));
  EXPECT_EQ(matrices.to_vector<float>(), (Values{1, 2, 3, 4, 5, 6}));
  const Tensor truths = Tensor::copy_of({{true, false}, {false, true}});
  EXPECT_EQ(truths.dtype(), DType::boolean);
  EXPECT_TRUE(array_equal(truths, eye(2)));
  try {
    Tensor::copy_of({{1.0, 2.0}, {3.0}});
    FAIL() << "no error";
  } catch (const Error &error) {
    EXPECT_TRUE(
        std::string_view(error.what())
            .starts_with("copy_of: a list of 1 elements beside one of 2 (SpellingsTest.cpp:"))
        << error.what();
  }
  EXPECT_THROW(Tensor::copy_of({{{1.0}}, {{1.0}, {2.0}}}), Error);
}

TEST(Spellings, Shapes) {
  const std::vector<std::int64_t> extents{2, 3};
  EXPECT_TRUE(zeros(extents).shape() == Dims(extents));
  EXPECT_TRUE(ones(std::vector<int>{2, 3}).shape() == DimList(extents));
  EXPECT_TRUE(zeros(matrix().shape()).shape() == matrix().shape());
  EXPECT_EQ(sum(matrix(), extents.size() > 1 ? std::vector<int>{0, 1} : std::vector<int>{}).ndim(),
            0);
  EXPECT_THROW(zeros(std::vector<int>(9, 1)), Error);
  std::ostringstream text;
  text << matrix().shape() << Tensor(1).shape();
  EXPECT_EQ(text.str(), "[2, 3][]");
}

TEST(Spellings, Conditions) {
  const Tensor x = matrix();
  bool done = false;
  if (sum(x) > 3)
    done = true;
  EXPECT_TRUE(done && sum(x) > 3);
  EXPECT_TRUE(any(x > 3).item<bool>());
  try {
    if (x > 3)
      FAIL() << "no error";
  } catch (const Error &error) {
    EXPECT_STREQ(error.what(), "item: needs a tensor of one element, got bool[2,3]; any and all "
                               "make one of many");
  }
}

TEST(Spellings, NumbersAsTensors) {
  // A number is exact in every dtype it meets. A tensor of a number is f32 unless told otherwise.
  EXPECT_EQ((ones({1}, DType::f64) * 0.1).to_vector<double>(), Doubles{0.1});
  EXPECT_EQ((ones({1}, DType::f64) * Tensor(0.1, DType::f64)).to_vector<double>(), Doubles{0.1});
  EXPECT_EQ(full({1}, 0.1, DType::f64).to_vector<double>(), Doubles{0.1});
  EXPECT_EQ((ones({1}) * Tensor(0.1)).dtype(), DType::f32);
}

TEST(Spellings, Updates) {
  Tensor x = matrix();
  const Tensor before = x;
  x += 1;
  x *= x;
  x -= before;
  x /= 2;
  EXPECT_EQ(x.to_vector<float>(), (Values{0.5f, 1.5f, 3.5f, 6.5f, 10.5f, 15.5f}));
  EXPECT_EQ(before.to_vector<float>(), (Values{0, 1, 2, 3, 4, 5}));
  EXPECT_THROW(x += zeros({4}), Error);
  EXPECT_EQ(x.size(), 6); // it keeps its value
  Variable w(matrix());
  w /= 2;
  EXPECT_EQ(w.value()(1, 1).item<float>(), 2);
}

TEST(Spellings, Comparisons) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor x = matrix();
  EXPECT_TRUE(array_equal(x, x + 0));
  EXPECT_FALSE(array_equal(x, x + 1));
  EXPECT_FALSE(array_equal(x, flatten(x)));
  EXPECT_TRUE(array_equal(arange(3), Tensor::copy_of({0.0f, 1.0f, 2.0f}, {3})));
  EXPECT_TRUE(allclose(x, x * 1.000001));
  EXPECT_FALSE(allclose(x, x * 1.1));
  EXPECT_TRUE(allclose(x, x * 1.1, {.relative = 0.2}));
  const Tensor wild = Tensor::copy_of({inf, -inf, 1.0f}, {3});
  EXPECT_TRUE(allclose(wild, wild));
  EXPECT_FALSE(allclose(wild, -wild));
  EXPECT_FALSE(allclose(Tensor::copy_of({1.0f}, {1}), Tensor::copy_of({inf}, {1})));
  EXPECT_FALSE(allclose(Tensor(nan), Tensor(nan)));
  EXPECT_TRUE(allclose(Tensor(nan), Tensor(nan), {.equal_nan = true}));
}

TEST(Spellings, NamesOfTraces) {
  auto named = trace([](const Tensor &x) { return x + 1; }, "short name");
  set_mode(Mode::log);
  named(matrix());
  const auto reports = named.explain();
  set_mode(Mode::on);
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports[0].name, "short name");
}

TEST(Spellings, DTypes) {
  EXPECT_EQ(finfo(DType::f32).eps, 0x1p-23);
  EXPECT_EQ(finfo(DType::f64).max, std::numeric_limits<double>::max());
  EXPECT_EQ(iinfo(DType::u8).max, 255);
  EXPECT_EQ(iinfo(DType::u8).min, 0);
  EXPECT_EQ(iinfo(DType::i64).min, std::numeric_limits<std::int64_t>::min());
  EXPECT_THROW(finfo(DType::u8), Error);
  EXPECT_THROW(iinfo(DType::f32), Error);
  EXPECT_EQ(result_type({matrix(), DType::u8, 2.5}), DType::f32);
  EXPECT_EQ(result_type({DType::u8, 2}), DType::u8);
  EXPECT_EQ(result_type({DType::u8, 2.0}), DType::f32);
  EXPECT_EQ(result_type({DType::i64, DType::f64}), DType::f64);
  EXPECT_THROW(result_type({}), Error);
  EXPECT_TRUE(can_cast(DType::u8, DType::i64));
  EXPECT_FALSE(can_cast(DType::i64, DType::u8));
  EXPECT_FALSE(can_cast(DType::f32, DType::i64));
  EXPECT_TRUE(isdtype(DType::u8, "unsigned integer"));
  EXPECT_FALSE(isdtype(DType::u8, "signed integer"));
  EXPECT_TRUE(isdtype(DType::f32, "numeric"));
  EXPECT_FALSE(isdtype(DType::boolean, "numeric"));
  EXPECT_THROW(isdtype(DType::f32, "float"), Error);
}

} // namespace
} // namespace jit
