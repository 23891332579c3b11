// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes and dtypes of reductions and row ops.
#include "test/unit/ops/Inference.h"

#include <gtest/gtest.h>

using jit::test::infer_text;

TEST(Reduction, DropsOrKeepsAxes) {
  EXPECT_EQ(infer_text("max", {"f32[2,3,4]"}, "axis=[1] keepdims=false"), "f32[2,4]");
  EXPECT_EQ(infer_text("max", {"f32[2,3,4]"}, "axis=[0,2] keepdims=true"), "f32[1,3,1]");
  EXPECT_EQ(infer_text("max", {"f32[2,3]"}, "axis=[0,1] keepdims=false"), "f32[]");
  EXPECT_EQ(infer_text("max", {"f32[]"}, "axis=[] keepdims=false"), "f32[]");
  EXPECT_EQ(infer_text("max", {"f32[2,3]"}, "axis=[] keepdims=false"), "f32[2,3]");
}

TEST(Reduction, RefusesBadAxes) {
  EXPECT_EQ(infer_text("max", {"f32[2,3]"}, "axis=[3] keepdims=false"),
            "max: axis 3 is out of range for f32[2,3]");
  EXPECT_EQ(infer_text("max", {"f32[2,3]"}, "axis=[-1] keepdims=false"),
            "max: axis -1 is out of range for f32[2,3]");
  EXPECT_EQ(infer_text("max", {"f32[2,3]"}, "axis=[1,1] keepdims=false"),
            "max: axis 1 is repeated");
  EXPECT_EQ(infer_text("max", {"f32[2,3]"}, "axis=[1,0] keepdims=false"),
            "max: axes are not in ascending order");
  EXPECT_EQ(infer_text("max", {"1.5"}, "axis=[] keepdims=false"),
            "max: x a number must be a tensor");
}

TEST(Reduction, Dtypes) {
  EXPECT_EQ(infer_text("sum", {"u8[2]"}, "axis=[0] keepdims=false dtype=i64"), "i64[]");
  EXPECT_EQ(infer_text("sum", {"f32[2]"}, "axis=[0] keepdims=false dtype=f64"), "f64[]");
  EXPECT_EQ(infer_text("sum", {"u8[2]"}, "axis=[0] keepdims=false dtype=bool"),
            "sum: dtype bool is not accepted");
  EXPECT_EQ(infer_text("mean", {"u8[2]"}, "axis=[0] keepdims=false dtype=f32"), "f32[]");
  EXPECT_EQ(infer_text("mean", {"u8[2]"}, "axis=[0] keepdims=false dtype=i64"),
            "mean: dtype i64 is not accepted");
  EXPECT_EQ(infer_text("min", {"bool[2]"}, "axis=[0] keepdims=false"), "bool[]");
  EXPECT_EQ(infer_text("any", {"f64[2,3]"}, "axis=[0] keepdims=false"), "bool[3]");
  EXPECT_EQ(infer_text("all", {"f64[2,3]"}, "axis=[0] keepdims=true"), "bool[1,3]");
  EXPECT_EQ(infer_text("argmax", {"f64[2,3]"}, "axis=[0] keepdims=false"), "i64[3]");
  EXPECT_EQ(infer_text("var_mean", {"f64[2,3]"}, "axis=[1] keepdims=false correction=1"),
            "f64[2]; f64[2]");
  EXPECT_EQ(infer_text("var_mean", {"i64[2]"}, "axis=[0] keepdims=false correction=0"),
            "var_mean: dtype i64 is not accepted: x i64[2]");
}

TEST(Reduction, AnExtremumOfNothingIsAnError) {
  EXPECT_EQ(infer_text("max", {"f32[0,3]"}, "axis=[0] keepdims=false"),
            "max: no elements to choose from: f32[0,3]");
  EXPECT_EQ(infer_text("argmax", {"f32[3,0]"}, "axis=[1] keepdims=false"),
            "argmax: no elements to choose from: f32[3,0]");
  // Nothing is chosen from three elements, zero times.
  EXPECT_EQ(infer_text("max", {"f32[0,3]"}, "axis=[1] keepdims=false"), "f32[0]");
  EXPECT_EQ(infer_text("sum", {"f32[0,3]"}, "axis=[0] keepdims=false dtype=f32"), "f32[3]");
  EXPECT_EQ(infer_text("any", {"f32[0]"}, "axis=[0] keepdims=false"), "bool[]");
}

TEST(Rows, KeepTheShapeOrDropTheAxis) {
  EXPECT_EQ(infer_text("softmax", {"f32[2,3]"}, "axis=1"), "f32[2,3]");
  EXPECT_EQ(infer_text("log_softmax", {"f64[2,3]"}, "axis=0"), "f64[2,3]");
  EXPECT_EQ(infer_text("softmax", {"f32[0,3]"}, "axis=0"), "f32[0,3]");
  EXPECT_EQ(infer_text("logsumexp", {"f32[2,3,4]"}, "axis=1"), "f32[2,4]");
  EXPECT_EQ(infer_text("softmax", {"f32[2,3]"}, "axis=2"),
            "softmax: axis 2 is out of range for f32[2,3]");
  EXPECT_EQ(infer_text("softmax", {"f32[]"}, "axis=0"),
            "softmax: axis 0 is out of range for f32[]");
  EXPECT_EQ(infer_text("logsumexp", {"f32[2,0]"}, "axis=1"),
            "logsumexp: no elements along axis 1 of f32[2,0]");
  EXPECT_EQ(infer_text("softmax", {"i64[2]"}, "axis=0"),
            "softmax: dtype i64 is not accepted: x i64[2]");
}

TEST(Rows, LayerNorm) {
  EXPECT_EQ(infer_text("layer_norm", {"f32[2,3]", "f32[3]", "f32[3]", "1e-5"}, "axis=1"),
            "f32[2,3]");
  EXPECT_EQ(infer_text("layer_norm", {"f32[2,3]", "f32[3]", "f32[1]", "1e-5"}, "axis=1"),
            "layer_norm: gamma and beta must have the last axis of x: x f32[2,3], gamma f32[3], "
            "beta f32[1], eps a number");
  EXPECT_EQ(infer_text("layer_norm", {"f32[3,3]", "f32[3]", "f32[3]", "1e-5"}, "axis=0"),
            "layer_norm: axis 0 is not the last axis of f32[3,3]");
  EXPECT_EQ(infer_text("layer_norm", {"f32[2,3]", "f64[3]", "f32[3]", "1e-5"}, "axis=1"),
            "layer_norm: dtypes differ: x f32[2,3], gamma f64[3], beta f32[3], eps a number");
  EXPECT_EQ(infer_text("layer_norm", {"f32[2,3]", "f32[3]", "f32[3]", "f32[]"}, "axis=1"),
            "layer_norm: eps f32[] must be a number");
}
