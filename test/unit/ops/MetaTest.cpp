// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes, strides and interning of metas.
#include "runtime/base/Meta.h"

#include <gtest/gtest.h>
#include <limits>
#include <thread>
#include <vector>

namespace jit {
namespace {

constexpr std::int64_t two_to_62 = std::int64_t{1} << 62;

std::vector<std::int64_t> list(Dims dims) { return {dims.begin(), dims.end()}; }

TEST(Meta, CheckedSize) {
  EXPECT_EQ(checked_size(DType::f32, {}), 1);
  EXPECT_EQ(checked_size(DType::f32, DimList{2, 0, 3}), 0);
  EXPECT_EQ(checked_size(DType::f32, DimList{7, 11}), 77);
  EXPECT_EQ(checked_size(DType::f32, DimList{-1}), std::nullopt);
  EXPECT_EQ(checked_size(DType::f32, DimList{0, -1}), std::nullopt);
  EXPECT_EQ(checked_size(DType::u8, DimList{two_to_62}), two_to_62);
  EXPECT_EQ(checked_size(DType::u8, DimList{std::numeric_limits<std::int64_t>::max()}),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(checked_size(DType::u8, DimList{two_to_62, 2}), std::nullopt);
  EXPECT_EQ(checked_size(DType::f64, DimList{two_to_62 / 4}), std::nullopt);
  EXPECT_EQ(checked_size(DType::f64, DimList{two_to_62 / 8}), two_to_62 / 8);
  EXPECT_EQ(checked_size(DType::u8, DimList{0, two_to_62, 4}), std::nullopt);
}

TEST(Meta, RowMajorStrides) {
  EXPECT_EQ(list(row_major_strides(DimList{2, 3, 4})), (std::vector<std::int64_t>{12, 4, 1}));
  EXPECT_EQ(list(row_major_strides(DimList{2, 0, 4})), (std::vector<std::int64_t>{4, 4, 1}));
  EXPECT_EQ(list(row_major_strides({})), std::vector<std::int64_t>{});
}

TEST(Meta, EqualContentIsOnePointer) {
  const Meta *x = intern_contiguous(DType::f32, DimList{2, 3});
  EXPECT_EQ(x, intern_contiguous(DType::f32, DimList{2, 3}));
  EXPECT_EQ(x, intern_meta(DType::f32, DimList{2, 3}, DimList{3, 1}));
  EXPECT_NE(x, intern_contiguous(DType::f64, DimList{2, 3}));
  EXPECT_NE(x, intern_contiguous(DType::f32, DimList{3, 2}));
  EXPECT_NE(x, intern_contiguous(DType::f32, DimList{2, 3, 1}));
  EXPECT_NE(x, intern_meta(DType::f32, DimList{2, 3}, DimList{1, 2}));
  EXPECT_TRUE(x->interned);
  EXPECT_EQ(describe(*x), "f32[2,3]");
  EXPECT_EQ(x->bytes(), 24u);
}

TEST(Meta, StridesThatAddressNothingDoNotCount) {
  const Meta *x = intern_meta(DType::f32, DimList{3, 1}, DimList{1, 77});
  EXPECT_TRUE(x->contiguous);
  EXPECT_EQ(x, intern_contiguous(DType::f32, DimList{3, 1}));
  EXPECT_EQ(intern_meta(DType::f32, DimList{3, 0}, DimList{-5, 9}),
            intern_contiguous(DType::f32, DimList{3, 0}));
  const Meta *column = intern_meta(DType::f32, DimList{3, 1}, DimList{2, 77});
  EXPECT_FALSE(column->contiguous);
  EXPECT_EQ(column, intern_meta(DType::f32, DimList{3, 1}, DimList{2, -4}));
}

TEST(Meta, Contiguous) {
  EXPECT_TRUE(intern_meta(DType::f32, {}, {})->contiguous);
  EXPECT_TRUE(intern_meta(DType::f32, DimList{1, 1}, DimList{0, 0})->contiguous);
  EXPECT_FALSE(intern_meta(DType::f32, DimList{2}, DimList{0})->contiguous);
  EXPECT_FALSE(intern_meta(DType::f32, DimList{2}, DimList{-1})->contiguous);
  EXPECT_FALSE(intern_meta(DType::f32, DimList{2, 3}, DimList{1, 2})->contiguous);
  EXPECT_FALSE(intern_meta(DType::f32, DimList{2, 3}, DimList{4, 1})->contiguous);
  // An overflowing product of extents that strides do not reach.
  EXPECT_FALSE(intern_meta(DType::u8, DimList{two_to_62}, DimList{0})->contiguous);
}

TEST(Meta, ThreadsAgree) {
  constexpr int threads = 4, count = 500;
  std::vector<std::vector<const Meta *>> found(threads);
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t)
    workers.emplace_back([&, t] {
      for (int i = 0; i < count; ++i)
        found[t].push_back(intern_contiguous(DType::u8, DimList{i, 31}));
    });
  for (std::thread &worker : workers)
    worker.join();
  for (int t = 1; t < threads; ++t)
    EXPECT_EQ(found[t], found[0]);
}

} // namespace
} // namespace jit
