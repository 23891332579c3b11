// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Index, movement and creation ops, copies and index ranges.
#include "runtime/ops/Attributes.h"
#include "test/conformance/KernelCheck.h"

#include <gtest/gtest.h>

#include <bit>

namespace jit::conformance {
namespace {

using Words = std::vector<std::int64_t>;

TEST(Index, Take) {
  const DimList shapes[] = {{5}, {5, 7}, {3, 5, 2}, {4, 3000}, {2, 9, 1}};
  for (DType dtype : all_dtypes)
    for (const DimList &dims : shapes)
      for (std::size_t axis = 0; axis < dims.size(); ++axis)
        for (const DimList &places : {DimList{}, DimList{0}, DimList{6}, DimList{2, 3}})
          for (Layout layout : all_layouts)
            EXPECT_TRUE(check(OpKind::take, Words{static_cast<std::int64_t>(axis)},
                              {edge_values(dtype, dims, 1), index_values(places, dims[axis], 2)},
                              layout));
  EXPECT_TRUE(
      check(OpKind::take, Words{0},
            {edge_values(DType::f32, DimList{300}, 1), index_values(DimList{70000}, 300, 2)}));
}

TEST(Index, TakeAlongAxis) {
  for (DType dtype : all_dtypes)
    for (std::int64_t axis : {0, 1, 2})
      for (Layout layout : all_layouts) {
        DimList places{4, 5, 6};
        places[static_cast<std::size_t>(axis)] = 3;
        EXPECT_TRUE(check(OpKind::take_along_axis, Words{axis},
                          {edge_values(dtype, DimList{4, 5, 6}, 1), index_values(places, 4, 2)},
                          layout));
      }
  EXPECT_TRUE(check(
      OpKind::take_along_axis, Words{1},
      {edge_values(DType::f32, DimList{5000, 10}, 1), index_values(DimList{5000, 1}, 10, 2)}));
}

TEST(Index, ScatterAddKeepsTheOrderOfUpdates) {
  for (DType dtype : all_dtypes)
    if (dtype != DType::boolean)
      for (Layout layout : all_layouts) {
        EXPECT_TRUE(check(OpKind::scatter_add, Words{0},
                          {plain_values(dtype, DimList{5, 7}, 1), index_values(DimList{40}, 5, 2),
                           plain_values(dtype, DimList{40, 7}, 3)},
                          layout));
        EXPECT_TRUE(check(OpKind::scatter_add, Words{1},
                          {plain_values(dtype, DimList{3, 7}, 1), index_values(DimList{4, 9}, 7, 2),
                           plain_values(dtype, DimList{3, 4, 9}, 3)},
                          layout));
      }
  EXPECT_TRUE(check(OpKind::scatter_add, Words{0},
                    {plain_values(DType::f32, DimList{3, 5000}, 1), index_values(DimList{40}, 3, 2),
                     plain_values(DType::f32, DimList{40, 5000}, 3)}));
}

TEST(Index, OneHot) {
  for (DType dtype : all_dtypes)
    for (const DimList &places : {DimList{}, DimList{0}, DimList{4}, DimList{2, 3}, DimList{9000}})
      EXPECT_TRUE(check(OpKind::one_hot, Words{5, static_cast<std::int64_t>(dtype)},
                        {index_values(places, 5, 1)}));
}

TEST(Index, RangeOfValues) {
  Value x(DType::i64, DimList{2, 1500});
  for (std::int64_t i = 0; i < x.size(); ++i)
    x.set(i, i % 1000 - 5);
  x.set(2999, std::int64_t{1} << 40);
  const IndexRange range = index_range(*intern_contiguous(x.dtype, x.dims), x.bytes.data());
  EXPECT_EQ(range.min, -5);
  EXPECT_EQ(range.max, std::int64_t{1} << 40);
  const IndexRange none = index_range(*intern_contiguous(DType::i64, DimList{0}), x.bytes.data());
  EXPECT_EQ(none.min, 0);
  EXPECT_EQ(none.max, -1);
}

TEST(Movement, Concat) {
  for (DType dtype : all_dtypes)
    for (Layout layout : all_layouts) {
      EXPECT_TRUE(check(OpKind::concat, Words{0},
                        {edge_values(dtype, DimList{2, 3}, 1), edge_values(dtype, DimList{0, 3}, 2),
                         edge_values(dtype, DimList{4, 3}, 3)},
                        layout));
      EXPECT_TRUE(check(OpKind::concat, Words{1},
                        {edge_values(dtype, DimList{2, 3}, 1), edge_values(dtype, DimList{2, 1}, 2),
                         edge_values(dtype, DimList{2, 2}, 3)},
                        layout));
      EXPECT_TRUE(
          check(OpKind::concat, Words{0},
                {edge_values(dtype, DimList{300, 201}, 1), edge_values(dtype, DimList{7, 201}, 2)},
                layout));
    }
}

TEST(Movement, ReshapeCopiesWhatNoViewCanShow) {
  for (DType dtype : all_dtypes)
    for (const DimList &dims :
         {DimList{}, DimList{0}, DimList{6}, DimList{4, 6}, DimList{70, 65}, DimList{3, 70, 66},
          DimList{300, 5, 31}, DimList{2, 3, 2, 2, 1, 3, 2, 2}})
      for (Layout layout : all_layouts) {
        const Value x = edge_values(dtype, dims, 1);
        EXPECT_TRUE(check(OpKind::reshape, Words{1, x.size()}, {x}, layout));
      }
}

TEST(Creation, Full) {
  for (DType dtype : all_dtypes)
    for (Scalar number : {Scalar(true), Scalar(-3), Scalar(2.5), Scalar(__builtin_nan("")),
                          Scalar(-0.0), Scalar(1e300)})
      for (const DimList &dims : {DimList{}, DimList{0}, DimList{3, 5}, DimList{90000}}) {
        Words words{static_cast<std::int64_t>(dims.size())};
        words.insert(words.end(), dims.begin(), dims.end());
        words.push_back(static_cast<std::int64_t>(dtype));
        EXPECT_TRUE(check(OpKind::full, words, {Value(number)}));
      }
}

TEST(Creation, Arange) {
  const auto bits = [](double x) { return std::bit_cast<std::int64_t>(x); };
  for (DType dtype : {DType::f32, DType::f64})
    EXPECT_TRUE(check(OpKind::arange,
                      Words{bits(0.1), bits(7000.0), bits(0.1), static_cast<std::int64_t>(dtype)},
                      {}));
  for (DType dtype :
       {DType::i8, DType::u8, DType::i16, DType::u16, DType::i32, DType::u32, DType::i64})
    EXPECT_TRUE(check(OpKind::arange, Words{5, -200, -3, static_cast<std::int64_t>(dtype)}, {}));
}

TEST(Creation, RandomNumbers) {
  for (OpKind op : {OpKind::uniform, OpKind::normal})
    for (DType dtype : {DType::f32, DType::f64})
      for (std::int64_t size : {0, 1, 2, 3, 5, 1023, 1025, 70001})
        for (std::int64_t counter : {std::int64_t{0}, std::int64_t{0xfffffffe}, std::int64_t{-2}})
          EXPECT_TRUE(
              check(op, Words{1, size, static_cast<std::int64_t>(dtype)},
                    {Value(Scalar(std::int64_t{0x123456789abcdef})), Value(Scalar(counter))}));
}

TEST(Creation, Permutation) {
  for (std::int64_t size : {0, 1, 2, 17, 5000})
    EXPECT_TRUE(check(OpKind::permutation, Words{size}, {Value(42), Value(7)}));
}

TEST(Creation, KeysThatAreNoIntegers) {
  const double infinity = __builtin_inf();
  for (double key : {2.5, -infinity, infinity, __builtin_nan(""), 0x1p63, -0x1p63})
    EXPECT_TRUE(check(OpKind::permutation, Words{17}, {Value(Scalar(key)), Value(Scalar(-key))}));
}

} // namespace
} // namespace jit::conformance
