// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Broadcasting and the dtypes of elementwise ops.
#include "test/unit/ops/Inference.h"

#include <gtest/gtest.h>

using jit::test::infer_text;

TEST(Elementwise, BroadcastsFromTheLastAxis) {
  EXPECT_EQ(infer_text("add", {"f32[2,3]", "f32[2,3]"}), "f32[2,3]");
  EXPECT_EQ(infer_text("add", {"f32[3,1]", "f32[1,4]"}), "f32[3,4]");
  EXPECT_EQ(infer_text("add", {"f32[4]", "f32[2,3,4]"}), "f32[2,3,4]");
  EXPECT_EQ(infer_text("add", {"f32[2,3,4]", "f32[3,1]"}), "f32[2,3,4]");
  EXPECT_EQ(infer_text("add", {"f32[]", "f32[2]"}), "f32[2]");
  EXPECT_EQ(infer_text("add", {"f32[]", "f32[]"}), "f32[]");
  EXPECT_EQ(infer_text("clip", {"f32[5,1,3]", "f32[2,1]", "1"}), "f32[5,2,3]");
}

TEST(Elementwise, ExtentZeroBroadcastsWithOneOnly) {
  EXPECT_EQ(infer_text("add", {"f32[0]", "f32[1]"}), "f32[0]");
  EXPECT_EQ(infer_text("add", {"f32[0,3]", "f32[1,3]"}), "f32[0,3]");
  EXPECT_EQ(infer_text("add", {"f32[0]", "f32[]"}), "f32[0]");
  EXPECT_EQ(infer_text("add", {"f32[0]", "f32[2]"}),
            "add: shapes do not broadcast: lhs f32[0], rhs f32[2]");
}

TEST(Elementwise, RefusesShapesThatDoNotBroadcast) {
  EXPECT_EQ(infer_text("add", {"f32[2,3]", "f32[4,3]"}),
            "add: shapes do not broadcast: lhs f32[2,3], rhs f32[4,3]");
  EXPECT_EQ(infer_text("where", {"bool[2]", "f32[3]", "0"}),
            "where: shapes do not broadcast: condition bool[2], x f32[3], y a number");
}

TEST(Elementwise, RefusesResultsThatOverflow) {
  EXPECT_EQ(infer_text("add", {"u8[4294967296,1]", "u8[1,4294967296]"}),
            "add: the result u8[4294967296,4294967296] is too large");
  EXPECT_EQ(infer_text("add", {"f64[1073741824,1]", "f64[1,1073741824]"}),
            "add: the result f64[1073741824,1073741824] is too large");
  // 2^63 - 1 bytes at most: 2^62 fit.
  EXPECT_EQ(infer_text("add", {"u8[2147483648,1]", "u8[1,2147483648]"}),
            "u8[2147483648,2147483648]");
}

TEST(Elementwise, ResultDtypesFollowTheTypeRule) {
  EXPECT_EQ(infer_text("exp", {"i64[2]"}), "f32[2]");
  EXPECT_EQ(infer_text("exp", {"f64[2]"}), "f64[2]");
  EXPECT_EQ(infer_text("divide", {"i64[2]", "i64[2]"}), "f32[2]");
  EXPECT_EQ(infer_text("floor", {"u8[2]"}), "u8[2]");
  EXPECT_EQ(infer_text("less", {"i64[2]", "1.5"}), "bool[2]");
  EXPECT_EQ(infer_text("isnan", {"f32[2]"}), "bool[2]");
  EXPECT_EQ(infer_text("logical_and", {"f32[2]", "u8[2]"}), "bool[2]");
  EXPECT_EQ(infer_text("where", {"bool[2]", "u8[2]", "i64[]"}), "i64[2]");
  EXPECT_EQ(infer_text("where", {"true", "f32[2]", "1"}), "f32[2]");
  EXPECT_EQ(infer_text("astype", {"f32[2]"}, "dtype=u8"), "u8[2]");
  EXPECT_EQ(infer_text("add", {"bool[2]", "bool[2]"}), "bool[2]");
  EXPECT_EQ(infer_text("add", {"1", "2.0"}), "f32[]");
}

TEST(Elementwise, RefusesBadOperands) {
  EXPECT_EQ(infer_text("where", {"f32[2]", "f32[2]", "f32[2]"}),
            "where: the condition must be bool: condition f32[2], x f32[2], y f32[2]");
  EXPECT_EQ(infer_text("where", {"1", "f32[2]", "f32[2]"}),
            "where: the condition must be bool: condition a number, x f32[2], y f32[2]");
  EXPECT_EQ(infer_text("add", {"f32[2]"}), "add: expected 2 operands, got 1");
  EXPECT_EQ(infer_text("exp", {"f32[2]", "1"}), "exp: expected 1 operands, got 2");
  EXPECT_EQ(infer_text("add", {"f32[2]", "f16[2]"}), "add: dtype f16 is not supported: rhs f16[2]");
  EXPECT_EQ(infer_text("exp", {"bf16[]"}), "exp: dtype bf16 is not supported: x bf16[]");
  EXPECT_EQ(infer_text("astype", {"f32[2]"}, "dtype=bf16"), "astype: dtype bf16 is not supported");
}
