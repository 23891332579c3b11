// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scans and sorts against the interpreter, around the lengths where kernels take another way.
#include "runtime/kernels/CacheSizes.h"
#include "test/conformance/KernelCheck.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace jit::conformance {
namespace {

using Words = std::vector<std::int64_t>;

/// 255, 256, 257 and so on: blocks, segments of blocks, and what rows are put together for.
const DimList shapes[] = {{1},         {7},         {0, 3},       {3, 0},    {1, 5},
                          {5, 1},      {300, 3},    {3, 300},     {2, 3, 4}, {256, 2},
                          {2, 256},    {257, 5, 2}, {2, 2049},    {4097},    {9, 255},
                          {2, 519, 3}, {513, 1030}, {2, 3, 2, 5}, {513, 70}, {67, 1030}};

std::int64_t word(DType dtype) { return static_cast<std::int64_t>(dtype); }

/// body(dims, axis, values(dtype)) for all shapes, layouts and kinds of values; large shapes lie
/// contiguous and, by dtype and axis in turn, in one other layout, the largest of three dtypes
/// only.
template <class Body> void for_each_case(DType dtype, Body body) {
  const bool has_largest = dtype == DType::u8 || dtype == DType::i64 || dtype == DType::f32;
  for (const DimList &dims : shapes) {
    if (dims[0] == 513 && dims[1] == 1030 && !has_largest)
      continue;
    for (std::int64_t axis = 0; axis < static_cast<std::int64_t>(dims.size()); ++axis) {
      const Value plain = plain_values(dtype, dims, 3);
      const auto other = static_cast<Layout>(1 + (static_cast<int>(dtype) + axis) % 4);
      for (const Layout layout : all_layouts)
        if (plain.size() < 30'000 || layout == Layout::contiguous || layout == other)
          body(dims, axis, plain, layout);
      body(dims, axis, edge_values(dtype, dims, 4), Layout::contiguous);
    }
  }
}

TEST(Scan, CumulativeOfEveryAxis) {
  for (const OpKind op : {OpKind::cumulative_sum, OpKind::cumulative_prod})
    for (const DType dtype : all_dtypes)
      for_each_case(dtype, [&](const DimList &, std::int64_t axis, const Value &x, Layout layout) {
        const DType to = is_float(dtype) ? dtype : DType::i64;
        for (const std::int64_t reverse : {0, 1})
          EXPECT_TRUE(check(op, Words{axis, reverse, word(to)}, {x}, layout));
      });
}

TEST(Scan, HasTheDtypeAskedFor) {
  for (const DType from : all_dtypes)
    for (const DType to : {DType::u8, DType::i64, DType::f32, DType::f64})
      for (const std::int64_t axis : {0, 1})
        EXPECT_TRUE(check(OpKind::cumulative_sum, Words{axis, 0, word(to)},
                          {edge_values(from, DimList{5, 300}, 2)}));
  EXPECT_FALSE(check(OpKind::cumulative_sum, Words{0, 0, word(DType::boolean)},
                     {plain_values(DType::f32, DimList{5}, 2)}));
}

TEST(Scan, LinearOfEveryAxis) {
  for (const DType dtype : {DType::f32, DType::f64})
    for_each_case(dtype,
                  [&](const DimList &dims, std::int64_t axis, const Value &x, Layout layout) {
                    const Value y = plain_values(dtype, dims, 8);
                    for (const std::int64_t reverse : {0, 1})
                      EXPECT_TRUE(check(OpKind::linear_scan, Words{axis, reverse}, {x, y}, layout));
                  });
}

/// One row that threads share, and one of several pieces.
TEST(Scan, LongRows) {
  for (const std::int64_t size : {262'143, 300'001, 1'000'003})
    for (const std::int64_t reverse : {0, 1})
      for (const OpKind op : {OpKind::cumulative_sum, OpKind::cumulative_prod}) {
        const Value x = plain_values(DType::f32, DimList{size}, 5);
        EXPECT_TRUE(check(op, Words{0, reverse, word(DType::f32)}, {x}));
      }
}

/// Results that do not fit into the caches are written past them. Not tried where that takes long.
TEST(Scan, PastTheCaches) {
  constexpr std::int64_t most = std::int64_t{96} << 20;
  const std::int64_t size = std::min<std::int64_t>(cache_sizes().l3, most) / 4 + 1024; // elements
  for (const std::int64_t reverse : {0, 1}) {
    const Value rows = plain_values(DType::f32, DimList{8, size / 8 + 3}, 5);
    EXPECT_TRUE(check(OpKind::cumulative_sum, Words{1, reverse, word(DType::f32)}, {rows}));
    const Value columns = plain_values(DType::f32, DimList{size / 1032 + 1, 1032}, 5);
    EXPECT_TRUE(check(OpKind::cumulative_sum, Words{0, reverse, word(DType::f32)}, {columns}));
  }
  Value zeros(DType::f32, DimList{size});
  for (std::int64_t i = 0; i < size; ++i)
    zeros.set(i, -0.0f);
  EXPECT_TRUE(check(OpKind::cumulative_sum, Words{0, 0, word(DType::f32)}, {zeros}));
}

TEST(Sort, EveryAxis) {
  for (const DType dtype : all_dtypes)
    for_each_case(dtype,
                  [&](const DimList &dims, std::int64_t axis, const Value &x, Layout layout) {
                    const std::int64_t extent = dims[static_cast<std::size_t>(axis)];
                    const bool descending = layout == Layout::gaps;
                    EXPECT_TRUE(check(OpKind::sort, Words{axis, descending, 0}, {x}, layout));
                    EXPECT_TRUE(check(OpKind::sort, Words{axis, 1, extent / 20}, {x}, layout));
                    if (extent == 0 || layout != Layout::contiguous)
                      return;
                    for (const std::int64_t k : {std::int64_t{1}, extent / 2, extent})
                      EXPECT_TRUE(check(OpKind::sort, Words{axis, 0, k}, {x}));
                  });
}

TEST(Sort, LongRows) {
  for (const DType dtype : all_dtypes)
    for (const std::int64_t k : {0, 10, 9'000}) {
      EXPECT_TRUE(check(OpKind::sort, Words{0, 0, k}, {edge_values(dtype, DimList{100'003}, 1)}));
      EXPECT_TRUE(check(OpKind::sort, Words{0, 1, k}, {plain_values(dtype, DimList{100'003}, 1)}));
    }
}

/// One row that threads share.
TEST(Sort, SharedRows) {
  for (const DType dtype : {DType::u8, DType::f32, DType::f64})
    for (const std::int64_t descending : {0, 1})
      EXPECT_TRUE(
          check(OpKind::sort, Words{0, descending, 0}, {edge_values(dtype, DimList{300'007}, 1)}));
}

TEST(Sort, RefusesToKeepMoreThanThereAre) {
  const Value x = plain_values(DType::f32, DimList{5}, 1);
  EXPECT_FALSE(check(OpKind::sort, Words{0, 0, 6}, {x}));
  EXPECT_FALSE(check(OpKind::sort, Words{0, 0, -1}, {x}));
  EXPECT_FALSE(check(OpKind::sort, Words{1, 0, 0}, {x}));
}

TEST(Searchsorted, OfSortedAndOfOtherOperands) {
  for (const DType dtype : all_dtypes)
    for (const std::int64_t size : {0, 1, 2, 3, 7, 64, 1000})
      for (const Layout layout : all_layouts)
        for (const std::int64_t right : {0, 1}) {
          const Value x = edge_values(dtype, DimList{size}, 1);
          const Value values = edge_values(dtype, DimList{7, 131}, 2);
          const Value sorted = interpret(OpKind::sort, Words{0, 0, 0}, {x})[0];
          EXPECT_TRUE(check(OpKind::searchsorted, Words{right}, {sorted, values}, layout));
          EXPECT_TRUE(check(OpKind::searchsorted, Words{right}, {x, values}, layout));
        }
}

} // namespace
} // namespace jit::conformance
