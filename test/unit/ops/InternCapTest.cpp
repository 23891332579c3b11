// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Full tables of metas and attributes. A program of its own: the tables stay full.
#include "runtime/base/Meta.h"
#include "runtime/ops/Attributes.h"

#include <gtest/gtest.h>
#include <vector>

namespace jit {
namespace {

TEST(InternCap, PastTheCapMetasAreOwned) {
  const Meta *early = intern_contiguous(DType::i64, DimList{1'000'000});
  std::vector<const Meta *> owned;
  for (std::int64_t i = 0; i < 70'000; ++i) {
    const Meta *meta = intern_contiguous(DType::u8, DimList{i, 37});
    ASSERT_EQ(meta->size, i * 37);
    if (!meta->interned)
      owned.push_back(meta);
  }
  EXPECT_GT(owned.size(), 4'000u);
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
