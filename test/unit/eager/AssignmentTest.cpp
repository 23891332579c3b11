// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// x.at(...) = y: what the handle holds afterwards, who else sees it, and what is copied.
#include "test/unit/jit/CompiledTest.h"

#include <type_traits>

namespace jit::test {
namespace {

using Extents = std::vector<std::int64_t>;
Extents extents(const Tensor &x) { return {x.shape().begin(), x.shape().end()}; }

Tensor grid(std::int64_t rows, std::int64_t columns) {
  return reshape(arange(0, rows * columns, 1, DType::f32), {rows, columns});
}
Tensor indices(std::vector<std::int64_t> values) {
  const auto count = static_cast<std::int64_t>(values.size());
  return Tensor::adopt(std::move(values), {count});
}
using Values = std::vector<float>;
Values values(const Tensor &x) { return x.to_vector<float>(); }
const Storage *storage_of(const Tensor &x) { return detail::Access::impl(x)->storage; }

template <class F> void expect_error(std::string_view text, F f) {
  try {
    f();
    ADD_FAILURE() << "nothing was thrown: " << text;
  } catch (const Error &error) {
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("AssignmentTest.cpp"), std::string::npos);
  }
}

template <class T>
concept AssignsToReadElements = requires(T &x) { x.at(0) = 1; };
static_assert(AssignsToReadElements<Tensor> && AssignsToReadElements<Variable>);
static_assert(!AssignsToReadElements<const Tensor>);

class Assignment : public testing::Test {
protected:
  void SetUp() override { set_mode(Mode::off); }
};

TEST_F(Assignment, Slices) {
  Tensor x = zeros({3, 4});
  x.at(0) = 1;
  x.at(-1, 2) = 5;
  x.at(slice(), slice({}, {}, -3)) += Tensor::copy_of({10.0f, 20.0f}, {2});
  EXPECT_EQ(values(x), (Values{21, 1, 1, 11, 20, 0, 0, 10, 20, 0, 5, 10}));
  x.at(ellipsis, slice(1, 3)) *= 2;
  x.at(1) = Tensor::copy_of({1.0f, 2.0f, 3.0f, 4.0f}, {4});
  x.at(slice(0, 2), newaxis, 0) -= 0.5;
  x.at(2, slice(3, 4)) /= 4;
  EXPECT_EQ(values(x), (Values{20.5f, 2, 2, 11, 0.5f, 2, 3, 4, 20, 0, 10, 2.5f}));
  x.at(slice(1, 1)) = 7; // no element
  x.at(ellipsis) = -0.0;
  EXPECT_TRUE(same_bits(full({3, 4}, -0.0f), x));
  EXPECT_TRUE(x.is_contiguous());
  Tensor scalar(1.5);
  scalar.at(ellipsis) = 2;
  EXPECT_EQ(scalar.item<float>(), 2);
}

TEST_F(Assignment, OfOtherDtypes) {
  Tensor bytes = zeros({3}, DType::u8);
  bytes.at(0) = 7;
  bytes.at(1) = Tensor(true);
  EXPECT_EQ(bytes.to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{7, 1, 0}));
  expect_error("at: f32[] does not fit into u8[3]: use astype", [&] { bytes.at(2) = Tensor(1.5); });
  expect_error("use astype", [&] { bytes.at(2) /= 2; });
  Tensor x = zeros({2});
  x.at(0) = Tensor(0.1, DType::f64);
  EXPECT_EQ(values(x), (Values{0.1f, 0}));
}

TEST_F(Assignment, NobodyElseSeesIt) {
  Tensor x = grid(2, 3);
  const Tensor copy = x, row = x(1);
  x.at(1) = 0;
  EXPECT_EQ(values(copy), (Values{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(values(row), (Values{3, 4, 5}));
  EXPECT_EQ(values(x), (Values{0, 1, 2, 0, 0, 0}));
}

TEST_F(Assignment, InPlaceIfNobodyElseHoldsTheElements) {
  Tensor x = grid(2, 3);
  const Storage *const own = storage_of(x);
  x.at(1) = 0;
  x.at(slice(), 0) += 1;
  x.at(indices({1, 1, -2})) *= 2;
  EXPECT_EQ(storage_of(x), own);
  EXPECT_EQ(values(x), (Values{2, 2, 4, 4, 0, 0}));
  const Tensor other = x;
  x.at(0) = 9;
  EXPECT_NE(storage_of(x), own);
}

TEST_F(Assignment, Masks) {
  Tensor x = grid(2, 3);
  x.at(greater(x, 3)) = -1;
  x.at(equal(x, 2)) += 10;
  EXPECT_EQ(values(x), (Values{0, 1, 12, 3, -1, -1}));
  const Tensor rows = Tensor::copy_of({false, true}, {2});
  x.at(rows) = Tensor::copy_of({7.0f, 8.0f, 9.0f}, {3});
  EXPECT_EQ(values(x), (Values{0, 1, 12, 7, 8, 9}));
  EXPECT_EQ(values(x(greater(x, 7))), (Values{12, 8, 9}));
  EXPECT_EQ(values(x(rows)), (Values{7, 8, 9}));
  EXPECT_EQ(x(less(x, -9)).shape(0), 0);
  EXPECT_EQ(x(Tensor(true)).shape(0), 1);
  expect_error("index: the mask bool[3] does not have the first extents of f32[2,3]",
               [&] { x.at(Tensor::copy_of({true, true, false}, {3})) = 0; });
  expect_error("index: a mask stands alone", [&] { x.at(rows, 0) = 0; });
}

TEST_F(Assignment, Indices) {
  Tensor x = zeros({4});
  x.at(indices({1, -1, 1})) += 2;
  EXPECT_EQ(values(x), (Values{0, 4, 0, 2}));
  x.at(indices({1, 1})) = Tensor::copy_of({5.0f, 6.0f}, {2}); // the last one stays
  x.at(indices({0, 0})) -= 1;
  EXPECT_EQ(values(x), (Values{-2, 6, 0, 2}));
  Tensor table = grid(3, 3);
  table.at(slice(1, {}), indices({0, -1})) = 0;
  EXPECT_EQ(values(table), (Values{0, 1, 2, 0, 4, 0, 0, 7, 0}));
  table.at(2, indices({0, 0})) += 1;
  EXPECT_EQ(values(table), (Values{0, 1, 2, 0, 4, 0, 2, 7, 0}));
  Tensor self = indices({2, 0, 1});
  self.at(self) = indices({10, 11, 12});
  EXPECT_EQ(self.to_vector<std::int64_t>(), (std::vector<std::int64_t>{11, 12, 10}));
  expect_error("multiply, or take and assign", [&] { x.at(indices({0})) /= 2; });
}

/// Element by element: several tensors of indices name one place with each of their numbers.
TEST_F(Assignment, PairedIndices) {
  const Tensor x = grid(3, 4), rows = indices({0, -1, 1}), columns = indices({-4, 3, 2});
  EXPECT_EQ(values(x(rows, columns)), (Values{0, 11, 6}));
  EXPECT_EQ(values(x(rows, indices({1}))), (Values{1, 9, 5})); // they broadcast
  const Tensor outer = x(reshape(rows, {3, 1}), indices({0, 1}));
  EXPECT_EQ(extents(outer), (Extents{3, 2}));
  EXPECT_EQ(values(outer), (Values{0, 1, 8, 9, 4, 5}));
  const Tensor cube = reshape(arange(0, 24, 1, DType::f32), {2, 3, 4});
  const Tensor i = indices({1, 0}), j = indices({2, -3});
  // Side by side their axis stays where the first was, else it comes first, as in NumPy.
  EXPECT_EQ(values(cube(slice(), j, i)), (Values{9, 0, 21, 12}));
  EXPECT_EQ(extents(cube(slice(0, 1), j, i)), (Extents{1, 2}));
  EXPECT_EQ(values(cube(i, slice(1, {}), j)), (Values{18, 22, 5, 9}));
  EXPECT_EQ(extents(cube(i, slice(), j)), (Extents{2, 3}));
  EXPECT_EQ(values(cube(i, newaxis, j)), values(concat({cube(1, 2), cube(0, 0)})));
  EXPECT_EQ(extents(cube(i, newaxis, j)), (Extents{2, 1, 4}));
  EXPECT_EQ(values(cube(i, 1, j)), (Values{18, 5}));
  EXPECT_EQ(values(cube(i, j, indices({3, 0}))), (Values{23, 0}));
  EXPECT_EQ(values(flip(x)(rows, columns)), (Values{11, 0, 5}));
  EXPECT_EQ(x(indices({}), indices({})).shape(0), 0);
  EXPECT_EQ(values(x(rows.astype(DType::i8), columns.astype(DType::i32))), (Values{0, 11, 6}));
}

TEST_F(Assignment, PairedIndicesAreAssigned) {
  Tensor x = zeros({3, 4});
  const Storage *const own = storage_of(x);
  x.at(indices({0, -1, 0}), indices({1, -1, 1})) += 2;
  EXPECT_EQ(values(x), (Values{0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}));
  x.at(indices({1, 1}), indices({0, 0})) = Tensor::copy_of({5.0f, 6.0f}); // the last one stays
  EXPECT_EQ(values(x(1)), (Values{6, 0, 0, 0}));
  x.at(indices({0, 1}), indices({1, 0})) *= 0.5;
  x.at(indices({2}), indices({3})) -= 1;
  EXPECT_EQ(values(x), (Values{0, 2, 0, 0, 3, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(storage_of(x), own);
  EXPECT_TRUE(x.is_contiguous());
  Tensor cube = zeros({2, 3, 2});
  cube.at(indices({1, 0}), slice(1, {}), indices({0, 1})) =
      Tensor::copy_of<float>({{1, 2}, {3, 4}});
  EXPECT_EQ(values(cube), (Values{0, 0, 0, 3, 0, 4, 0, 0, 1, 0, 2, 0}));
  cube.at(0, indices({0, 2}), indices({1, -2})) = 7;
  EXPECT_EQ(values(cube(0)), (Values{0, 7, 0, 3, 7, 4}));
  Variable v(zeros({2, 2}));
  v.at(indices({0, 1}), indices({1, 1})) += 3;
  EXPECT_EQ(v.to_vector<float>(), (Values{0, 3, 0, 3}));
}

TEST_F(Assignment, PairedIndicesThatAreRefused) {
  Tensor x = grid(3, 4);
  expect_error("tensors of indices do not broadcast: i64[2] and i64[3]",
               [&] { x(indices({0, 1}), indices({0, 1, 2})); });
  // Within the range of the elements, but not of its axis.
  expect_error("index 4 is out of range: indices must be in [-4, 4)",
               [&] { x(indices({0}), indices({4})); });
  expect_error("index -4 is out of range: indices must be in [-3, 3)",
               [&] { x.at(indices({-4}), indices({0})) = 1; });
  expect_error("a mask stands alone", [&] { x(greater(x, 1), indices({0})); });
  expect_error("2 indices for f32[3]", [&] { grid(1, 3)(0)(indices({0}), indices({0})); });
  expect_error("multiply, or take and assign",
               [&] { x.at(indices({0}), indices({0})) /= Tensor::copy_of({2.0f}); });
  EXPECT_TRUE(same_bits(grid(3, 4), x));
}

TEST_F(Assignment, IfItThrowsTheHandleKeepsItsValue) {
  Tensor x = grid(2, 3);
  expect_error("index: 2 is out of range for axis 0 of f32[2,3]", [&] { x.at(2) = 0; });
  expect_error("does not broadcast", [&] { x.at(0) = grid(2, 3); });
  expect_error("scatter: index 2 is out of range: indices must be in [-2, 2)",
               [&] { x.at(indices({2})) = 0; });
  expect_error("scatter: index -3 is out of range", [&] { x.at(indices({-3})) += 1; });
  EXPECT_EQ(values(x), (Values{0, 1, 2, 3, 4, 5}));
  Tensor none;
  expect_error("empty tensor", [&] { none.at(0) = 1; });
}

TEST_F(Assignment, Variables) {
  Variable v(grid(2, 2));
  const Tensor old = v.value();
  v.at(0, 0) = 9;
  v.at(greater(v, 5)) *= 2;
  v.at(1) += v(0);
  EXPECT_EQ(v.to_vector<float>(), (Values{18, 1, 20, 4}));
  EXPECT_EQ(values(old), (Values{0, 1, 2, 3}));
}

TEST_F(Assignment, AVariableIsUpdatedInItsOwnMemory) {
  Variable v(zeros({1000, 256}));
  const auto address = [&] { return storage_of(v.value()); };
  const Storage *const own = address();
  const std::int64_t before = memory_stats().live_bytes;
  reset_memory_peak();
  for (int i = 0; i < 10; ++i) {
    v.at(i) = 3;
    v.at(slice(), i) += 1;
    v.at(indices({i, -1})) *= 2;
    v.at(indices({i, i}), indices({0, 1})) -= 1;
  }
  EXPECT_EQ(address(), own);
  EXPECT_LT(memory_stats().peak_live_bytes, before + 1000 * 256 * 4);
  expect_error("out of range", [&] { v.at(1000) = 0; });
  expect_error("out of range", [&] { v.at(indices({1000})) = 0; });
  EXPECT_EQ(address(), own);
  const Tensor seen = v; // somebody else holds it
  v.at(0) = 5;
  EXPECT_NE(address(), own);
  EXPECT_NE(seen(0, 5).item<float>(), 5);
  v.at(slice()) = v; // also on the right
  Variable square(grid(2, 2));
  square.at(greater(square, 1)) = square;
  EXPECT_EQ(square.to_vector<float>(), (Values{0, 1, 2, 3}));
  // A tape sees the value that it read.
  Variable w(ones({2}));
  Tape tape;
  const Tensor loss = sum(w * w);
  w.at(0) = 7;
  EXPECT_EQ(values(tape.gradient(loss, {w})[0]), (Values{2, 2}));
}

using CompiledAssignment = CompiledTest;

TEST_F(CompiledAssignment, OneProgramForAllPlaces) {
  const auto step = [](Tensor x, const Tensor &row, const Tensor &places, int k) {
    x.at(k) = row * 2;
    x.at(slice(), slice(k, k + 2)) += 1;
    x.at(places) -= row;
    x.at(greater(x, 6)) = 6;
    return x * 1.5;
  };
  auto traced = trace(step, {"assignments"});
  for (int i = 0; i < 12; ++i) {
    const Tensor x = grid(5, 4), row = full({4}, 0.25 * i), places = indices({i % 5, -1, -1});
    const Tensor expected = plainly([&] { return step(x, row, places, i % 3); });
    EXPECT_TRUE(same_bits(expected, traced(x, row, places, i % 3))) << i;
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_GE(hits(traced), 8u);
}

TEST_F(CompiledAssignment, AStateIsUpdatedInPlace) {
  Tensor state = zeros({1000, 256});
  auto traced = trace(
      [](Tensor &x, int k) {
        x.at(k) = exp(full({256}, 0.001 * k));
        x.at(k + 1) += 2;
      },
      {"state"});
  for (int i = 0; i < 40; ++i) {
    const Storage *const before = storage_of(state);
    traced(state, i);
    synchronize();
    if (i > 20) {
      EXPECT_EQ(storage_of(state), before) << i;
    }
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_GE(hits(traced), 20u);
  Tensor expected = zeros({1000, 256});
  set_mode(Mode::off);
  for (int i = 0; i < 40; ++i) {
    expected.at(i) = exp(full({256}, 0.001 * i));
    expected.at(i + 1) += 2;
  }
  EXPECT_TRUE(same_bits(expected, state));
}

TEST_F(CompiledAssignment, PairedIndices) {
  const auto step = [](Tensor x, const Tensor &rows, const Tensor &columns) {
    x.at(rows, columns) += 1.5;
    x.at(rows, columns) *= x(columns, rows);
    return x * 2;
  };
  auto traced = trace(step, {"paired"});
  for (int i = 0; i < 8; ++i) {
    const Tensor x = grid(5, 5), rows = indices({i % 5, -1, 2}), columns = indices({0, -i % 5, 2});
    const Tensor expected = plainly([&] { return step(x, rows, columns); });
    EXPECT_TRUE(same_bits(expected, traced(x, rows, columns))) << i;
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_GE(hits(traced), 4u);
  EXPECT_THROW(traced(grid(5, 5), indices({5, 0, 0}), indices({0, 0, 0})), Error);
}

TEST_F(CompiledAssignment, MasksAreReadInATrace) {
  const auto step = [](const Tensor &x) { return sum(x(greater(x * 2, 5)) + 1); };
  auto traced = trace(step, {"masked"});
  for (int i = 0; i < 8; ++i) {
    const Tensor x = grid(4, 4);
    EXPECT_TRUE(same_bits(plainly([&] { return step(x); }), traced(x)));
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_GT(hits(traced), 0u);
}

} // namespace
} // namespace jit::test
