// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Full tables of metas and attributes. A program of its own: the tables stay full.
#include "runtime/base/Meta.h"
#include "runtime/ops/Attributes.h"

#include <gtest/gtest.h>
#include <vector>

namespace jit {
namespace {

/// Fills the table up to `count` metas with shapes that come once.
void see_once(std::int64_t count, std::int64_t last) {
  for (std::int64_t i = 0; i < count; ++i)
    release_meta(contiguous_value_meta(DType::f64, DimList{i, last}));
}

/// First: the tables only grow.
TEST(InternCap, ShapesThatComeOnceLeaveRoomForOthers) {
  see_once(100'000, 5);
  const Meta *once = contiguous_value_meta(DType::f64, DimList{3'000'000});
  EXPECT_FALSE(once->interned);
  EXPECT_EQ(interned_twin(*once), nullptr);
  release_meta(once);
  // What is recorded gets a place, and is found from then on.
  const Meta *recorded = intern_contiguous(DType::f64, DimList{3'000'000});
  EXPECT_TRUE(recorded->interned);
  EXPECT_EQ(contiguous_value_meta(DType::f64, DimList{3'000'000}), recorded);
  // So does what comes again and again, in between others too.
  int asked = 0;
  const Meta *again = nullptr;
  for (; asked < 1'000 && !(again && again->interned); ++asked) {
    release_meta(again);
    again = value_meta(DType::f64, DimList{4, 1'000'000}, DimList{1, 4});
    see_once(3, 1'000'000 + asked);
  }
  EXPECT_GT(asked, 32);
  EXPECT_LT(asked, 200);
  EXPECT_EQ(value_meta(DType::f64, DimList{4, 1'000'000}, DimList{1, 4}), again);
}

TEST(InternCap, MetasOfNoTableAreComparedByContent) {
  const Meta *one = contiguous_value_meta(DType::f64, DimList{5'000'000, 3});
  const Meta *two = contiguous_value_meta(DType::f64, DimList{5'000'000, 3});
  const Meta *other = contiguous_value_meta(DType::f32, DimList{5'000'000, 3});
  const Meta *turned = value_meta(DType::f64, DimList{5'000'000, 3}, DimList{1, 5'000'000});
  EXPECT_NE(one, two);
  EXPECT_TRUE(same_meta(*one, *two));
  EXPECT_FALSE(same_meta(*one, *other));
  EXPECT_FALSE(same_meta(*one, *turned));
  for (const Meta *meta : {one, two, other, turned})
    release_meta(meta);
}

/// Shapes that come again fill three quarters, the rest is for what is recorded.
TEST(InternCap, TheLastQuarterIsForRecordings) {
  for (std::int64_t i = 0; i < 40'000; ++i)
    for (int time = 0; time < 64; ++time)
      release_meta(contiguous_value_meta(DType::u8, DimList{i, 11}));
  const Meta *late = nullptr;
  for (int time = 0; time < 200; ++time) {
    release_meta(late);
    late = contiguous_value_meta(DType::u8, DimList{7'000'000});
  }
  EXPECT_FALSE(late->interned);
  release_meta(late);
  EXPECT_TRUE(intern_contiguous(DType::u8, DimList{7'000'000})->interned);
}

TEST(InternCap, PastTheCapMetasAreOwned) {
  const Meta *early = intern_contiguous(DType::i64, DimList{1'000'000});
  std::vector<const Meta *> owned;
  for (std::int64_t i = 0; i < 70'000; ++i) {
    const Meta *meta = intern_contiguous(DType::u8, DimList{i, 37});
    ASSERT_EQ(meta->size, i * 37);
    if (!meta->interned)
      owned.push_back(meta);
  }
  EXPECT_GT(owned.size(), 30'000u);
  EXPECT_LT(owned.size(), 70'000u);
  const Meta *twin = intern_contiguous(DType::u8, DimList{69'999, 37});
  EXPECT_NE(twin, owned.back());
  EXPECT_EQ(describe(*twin), "u8[69999,37]");
  release_meta(twin);
  for (const Meta *meta : owned)
    release_meta(meta);
  EXPECT_EQ(early, intern_contiguous(DType::i64, DimList{1'000'000}));
  release_meta(early); // interned: nothing happens
  EXPECT_EQ(early->size, 1'000'000);
}

TEST(InternCap, PastTheCapThereIsNoAttribute) {
  const Attr *early = intern_attr(TakeAttrs{-7}.encode());
  int refused = 0;
  for (std::int64_t i = 0; i < 70'000; ++i)
    refused += intern_attr(TakeAttrs{i}.encode()) == nullptr;
  EXPECT_GT(refused, 4'000);
  EXPECT_LT(refused, 70'000);
  EXPECT_EQ(early, intern_attr(TakeAttrs{-7}.encode()));
}

} // namespace
} // namespace jit
