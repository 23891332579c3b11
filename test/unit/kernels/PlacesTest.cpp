// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Index, movement and creation ops, copies and index ranges.
#include "runtime/ops/Attributes.h"
#include "test/conformance/KernelCheck.h"

#include <tracejit/options.h>

#include <gtest/gtest.h>

#include <bit>
#include <limits>

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
            EXPECT_TRUE(check(
                OpKind::take, Words{static_cast<std::int64_t>(axis)},
                {edge_values(dtype, dims, 1), index_values(places, dims[axis], 2, true)}, layout));
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
        EXPECT_TRUE(check(
            OpKind::take_along_axis, Words{axis},
            {edge_values(dtype, DimList{4, 5, 6}, 1), index_values(places, 4, 2, true)}, layout));
      }
  EXPECT_TRUE(check(
      OpKind::take_along_axis, Words{1},
      {edge_values(DType::f32, DimList{5000, 10}, 1), index_values(DimList{5000, 1}, 10, 2)}));
}

constexpr ScatterMode all_modes[] = {ScatterMode::set, ScatterMode::add, ScatterMode::multiply,
                                     ScatterMode::minimum, ScatterMode::maximum};
bool has_mode(DType dtype, ScatterMode mode) {
  return dtype != DType::boolean || (mode != ScatterMode::add && mode != ScatterMode::multiply);
}

TEST(Index, ScatterKeepsTheOrderOfUpdates) {
  for (DType dtype : all_dtypes)
    for (ScatterMode mode : all_modes)
      for (Layout layout : all_layouts) {
        if (!has_mode(dtype, mode))
          continue;
        const auto word = static_cast<std::int64_t>(mode);
        EXPECT_TRUE(
            check(OpKind::scatter, Words{0, word},
                  {edge_values(dtype, DimList{5, 7}, 1), index_values(DimList{40}, 5, 2, true),
                   plain_values(dtype, DimList{40, 7}, 3)},
                  layout));
        EXPECT_TRUE(
            check(OpKind::scatter, Words{1, word},
                  {plain_values(dtype, DimList{3, 7}, 1), index_values(DimList{4, 9}, 7, 2, true),
                   edge_values(dtype, DimList{3, 4, 9}, 3)},
                  layout));
        EXPECT_TRUE(
            check(OpKind::scatter_along_axis, Words{1, word},
                  {edge_values(dtype, DimList{3, 7}, 1), index_values(DimList{3, 20}, 7, 2, true),
                   plain_values(dtype, DimList{3, 20}, 3)},
                  layout));
        EXPECT_TRUE(check(OpKind::scatter_along_axis, Words{0, word},
                          {plain_values(dtype, DimList{3, 7, 2}, 1),
                           index_values(DimList{11, 7, 2}, 3, 2, true),
                           edge_values(dtype, DimList{11, 7, 2}, 3)},
                          layout));
      }
}

TEST(Index, ScatterOfManyElements) {
  for (OpKind op : {OpKind::scatter, OpKind::scatter_along_axis})
    for (const DimList &dims : {DimList{3, 500}, DimList{5000}, DimList{70, 3, 9}}) {
      DimList updates(dims), places = op == OpKind::scatter ? DimList{4000} : dims;
      updates[0] = 4000;
      if (op == OpKind::scatter_along_axis)
        places[0] = 4000;
      EXPECT_TRUE(check(op, Words{0, static_cast<std::int64_t>(ScatterMode::add)},
                        {plain_values(DType::f32, dims, 1), index_values(places, dims[0], 2, true),
                         plain_values(DType::f32, updates, 3)}));
    }
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

Words words_of(std::initializer_list<DimList> lists) {
  Words words;
  for (const DimList &list : lists) {
    words.push_back(static_cast<std::int64_t>(list.size()));
    words.insert(words.end(), list.begin(), list.end());
  }
  return words;
}

TEST(Movement, SliceUpdate) {
  const auto update = [](DType dtype, DimList dims, DimList part, DimList starts, DimList steps) {
    for (Layout layout : all_layouts) {
      std::vector<Value> operands{edge_values(dtype, dims, 1), edge_values(dtype, part, 2)};
      for (const std::int64_t start : starts)
        operands.emplace_back(Scalar(start));
      EXPECT_TRUE(check(OpKind::slice_update, words_of({steps}), operands, layout));
    }
  };
  for (DType dtype : all_dtypes) {
    update(dtype, {}, {}, {}, {});
    update(dtype, {7}, {3}, {6}, {-3});
    update(dtype, {5, 7}, {2, 7}, {1, 0}, {2, 1});
    update(dtype, {5, 7}, {0, 3}, {99, 2}, {1, 1});
    update(dtype, {300, 201}, {150, 100}, {299, 1}, {-2, 2});
    update(dtype, {2, 3, 2, 2, 3, 3, 2, 2}, {1, 2, 2, 1, 3, 2, 1, 1}, {1, 2, 0, 1, 0, 0, 1, 0},
           {1, -1, 1, 1, 1, 2, 1, 1});
    update(dtype, {3, 3, 3, 3, 3, 3, 3, 3}, {2, 2, 2, 2, 2, 2, 2, 2}, {0, 0, 0, 0, 0, 0, 0, 0},
           {2, 2, 2, 2, 2, 2, 2, 2});
  }
}

TEST(Movement, Pad) {
  for (DType dtype : all_dtypes)
    for (Layout layout : all_layouts)
      for (Scalar value : {Scalar(0), Scalar(-0.0), Scalar(true), Scalar(2.5)}) {
        const auto pad = [&](DimList dims, DimList low, DimList high, DimList interior) {
          EXPECT_TRUE(check(OpKind::pad, words_of({low, high, interior}),
                            {edge_values(dtype, dims, 1), Value(value)}, layout));
        };
        pad({}, {}, {}, {});
        pad({0, 3}, {1, 0}, {2, 0}, {4, 1});
        pad({5}, {2}, {0}, {0});
        pad({4, 6}, {0, 1}, {3, 2}, {0, 2});
        pad({70, 65}, {1, 2}, {3, 4}, {1, 0});
      }
}

TEST(Movement, Fold) {
  for (DType dtype : all_dtypes) {
    if (dtype == DType::boolean)
      continue;
    for (Layout layout : all_layouts) {
      const auto fold = [&](DimList dims, DimList axes, DimList extents, DimList stride,
                            DimList dilation) {
        EXPECT_TRUE(check(OpKind::fold, words_of({axes, extents, stride, dilation}),
                          {edge_values(dtype, dims, 1)}, layout));
      };
      fold({5, 3}, {0}, {7}, {1}, {1});
      fold({3, 4, 2}, {1}, {12}, {3}, {1}); // the last element has no window
      fold({0, 2, 3, 2}, {1}, {6}, {2}, {2});
      fold({4, 9, 7, 2, 3}, {2, 1}, {9, 23}, {1, 2}, {2, 3});
      fold({2, 3, 2, 2, 2, 2, 3}, {0, 2, 3}, {3, 6, 8}, {1, 4, 3}, {1, 1, 2});
    }
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

TEST(Creation, Randint) {
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  for (DType dtype :
       {DType::i8, DType::u8, DType::i16, DType::u16, DType::i32, DType::u32, DType::i64})
    for (std::int64_t size : {0, 1, 2, 3, 1025, 7001})
      for (const auto &[low, values] :
           {std::pair<std::int64_t, std::int64_t>{-3, 10}, {0, 1}, {0, 100}, {least, -1}})
        EXPECT_TRUE(check(OpKind::randint, Words{1, size, static_cast<std::int64_t>(dtype)},
                          {Value(Scalar(std::int64_t{0x123456789abcdef})), Value(Scalar(-2)),
                           Value(Scalar(low)), Value(Scalar(values))}));
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
