// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The size classes against their definition.
#include "runtime/tensor/SizeClasses.h"

#include <gtest/gtest.h>

using namespace jit::arena;

TEST(SizeClasses, BlockIsTheSmallestClassThatHoldsPayloadAndPadding) {
  for (std::size_t bytes = 0; bytes <= max_block_bytes; bytes += bytes < 5000 ? 1 : 61) {
    const unsigned cls = block_class(bytes);
    ASSERT_LT(cls, block_classes);
    ASSERT_GE(class_bytes(cls), bytes + padding) << bytes;
    if (cls > 0)
      ASSERT_LT(class_bytes(cls - 1), bytes + padding) << bytes;
  }
}

TEST(SizeClasses, BlocksAreMultiplesOfTheAlignmentAndGrow) {
  for (unsigned cls = 0; cls < block_classes; ++cls) {
    EXPECT_EQ(class_bytes(cls) % block_alignment, 0u);
    if (cls > 0)
      EXPECT_GT(class_bytes(cls), class_bytes(cls - 1));
  }
  EXPECT_EQ(class_bytes(small_classes - 1), max_small_bytes + padding);
  EXPECT_EQ(class_bytes(block_classes - 1), max_block_bytes + padding);
}

TEST(SizeClasses, RegionIsTheSmallestClassThatHoldsTheBytes) {
  EXPECT_EQ(region_class(0), 0u);
  EXPECT_EQ(region_class(max_region_bytes), region_classes - 1);
  for (unsigned cls = 0; cls < region_classes; ++cls) {
    const std::size_t bytes = region_class_bytes(cls);
    EXPECT_EQ(region_class(bytes), cls);
    EXPECT_EQ(bytes % 4096, 0u);
    if (cls + 1 < region_classes)
      EXPECT_EQ(region_class(bytes + 1), cls + 1);
  }
  EXPECT_EQ(region_class_bytes(0), min_region_bytes);
  EXPECT_EQ(region_class_bytes(region_classes - 1), max_region_bytes);
}
