// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes of contractions, movement, index ops and creation.
#include "test/unit/ops/Inference.h"

#include <bit>
#include <gtest/gtest.h>
#include <limits>

using jit::test::infer_text;

TEST(Contraction, Matmul) {
  EXPECT_EQ(infer_text("matmul", {"f32[2,3]", "f32[3,4]"}), "f32[2,4]");
  EXPECT_EQ(infer_text("matmul", {"f32[3]", "f32[3,4]"}), "f32[4]");
  EXPECT_EQ(infer_text("matmul", {"f32[2,3]", "f32[3]"}), "f32[2]");
  EXPECT_EQ(infer_text("matmul", {"f32[5,1,2,3]", "f32[7,3,4]"}), "f32[5,7,2,4]");
  EXPECT_EQ(infer_text("matmul", {"f32[3]", "f32[7,3,4]"}), "f32[7,4]");
  EXPECT_EQ(infer_text("matmul", {"f32[7,2,3]", "f32[3]"}), "f32[7,2]");
  EXPECT_EQ(infer_text("matmul", {"f32[2,0]", "f32[0,4]"}), "f32[2,4]");
  EXPECT_EQ(infer_text("matmul", {"i64[2,3]", "i64[3,0]"}), "i64[2,0]");
  EXPECT_EQ(infer_text("matmul", {"f32[2,3]", "f32[4,5]"}),
            "matmul: inner dimensions differ: lhs f32[2,3], rhs f32[4,5]");
  EXPECT_EQ(infer_text("matmul", {"f32[1,1]", "f32[3,4]"}),
            "matmul: inner dimensions differ: lhs f32[1,1], rhs f32[3,4]");
  EXPECT_EQ(infer_text("matmul", {"f32[2,2,3]", "f32[5,3,4]"}),
            "matmul: batch axes do not broadcast: lhs f32[2,2,3], rhs f32[5,3,4]");
  EXPECT_EQ(infer_text("matmul", {"f32[]", "f32[3]"}),
            "matmul: operands must have at least one axis: lhs f32[], rhs f32[3]");
  EXPECT_EQ(infer_text("matmul", {"f32[3]", "f32[3]"}),
            "matmul: two operands of rank 1 are a vecdot: lhs f32[3], rhs f32[3]");
  EXPECT_EQ(infer_text("matmul", {"f32[2,3]", "f64[3,4]"}),
            "matmul: dtypes differ: lhs f32[2,3], rhs f64[3,4]");
  EXPECT_EQ(infer_text("matmul", {"f32[2,3]", "2"}), "matmul: rhs a number must be a tensor");
  EXPECT_EQ(infer_text("matmul", {"bool[2,3]", "bool[3,4]"}),
            "matmul: dtype bool is not accepted: lhs bool[2,3]");
  EXPECT_EQ(infer_text("matmul", {"f32[2147483648,1]", "f32[1,2147483648]"}),
            "matmul: the result f32[2147483648,2147483648] is too large");
}

TEST(Contraction, Vecdot) {
  EXPECT_EQ(infer_text("vecdot", {"f32[3]", "f32[3]"}), "f32[]");
  EXPECT_EQ(infer_text("vecdot", {"f32[2,1,3]", "f32[4,3]"}), "f32[2,4]");
  EXPECT_EQ(infer_text("vecdot", {"f32[0]", "f32[0]"}), "f32[]");
  EXPECT_EQ(infer_text("vecdot", {"f32[3]", "f32[1]"}),
            "vecdot: last axes differ: lhs f32[3], rhs f32[1]");
  EXPECT_EQ(infer_text("vecdot", {"f32[2,3]", "f32[4,3]"}),
            "vecdot: shapes do not broadcast: lhs f32[2,3], rhs f32[4,3]");
}

TEST(Movement, Concat) {
  EXPECT_EQ(infer_text("concat", {"f32[2,3]", "f32[0,3]", "f32[4,3]"}, "axis=0"), "f32[6,3]");
  EXPECT_EQ(infer_text("concat", {"bool[2,3]"}, "axis=1"), "bool[2,3]");
  EXPECT_EQ(infer_text("concat", {"f32[2,3]", "f32[2,4]"}, "axis=0"),
            "concat: extents differ off axis 0: operand 0 f32[2,3], operand 1 f32[2,4]");
  EXPECT_EQ(infer_text("concat", {"f32[2]", "f32[2,1]"}, "axis=0"),
            "concat: extents differ off axis 0: operand 0 f32[2], operand 1 f32[2,1]");
  EXPECT_EQ(infer_text("concat", {"f32[2]", "f32[2]", "i64[2]"}, "axis=0"),
            "concat: dtypes differ: operand 0 f32[2], operand 1 f32[2], operand 2 i64[2]");
  EXPECT_EQ(infer_text("concat", {"f32[]", "f32[]"}, "axis=0"),
            "concat: axis 0 is out of range for f32[]");
  EXPECT_EQ(infer_text("concat", {}, "axis=0"), "concat: no operands");
  EXPECT_EQ(infer_text("concat", {"u8[9223372036854775807]", "u8[1]"}, "axis=0"),
            "concat: the extents add up to more than 64 bits");
}

TEST(Movement, SliceUpdateAndPad) {
  EXPECT_EQ(infer_text("slice_update", {"f32[5,7]", "f32[2,3]", "1", "6"}, "steps=[2,-3]"),
            "f32[5,7]");
  EXPECT_EQ(infer_text("slice_update", {"f32[5,7]", "f64[2,3]", "1", "6"}, "steps=[2,-3]"),
            "slice_update: the dtypes of f32[5,7] and f64[2,3] differ");
  EXPECT_EQ(infer_text("slice_update", {"f32[5,7]", "f32[3,3]", "1", "6"}, "steps=[3,1]"),
            "slice_update: f32[3,3] with step 3 does not fit axis 0 of f32[5,7]");
  EXPECT_EQ(infer_text("slice_update", {"f32[5,7]", "f32[3]", "1", "6"}, "steps=[1,1]"),
            "slice_update: an extent, a start and a step are needed for every axis of f32[5,7]");
  EXPECT_EQ(infer_text("slice_update", {"f32[5]", "f32[3]", "1"}, "steps=[0]"),
            "slice_update: the step of axis 0 is 0");
  EXPECT_EQ(infer_text("pad", {"u8[2,3]", "7"}, "low=[1,0] high=[0,2] interior=[0,1]"), "u8[3,7]");
  EXPECT_EQ(infer_text("pad", {"u8[2,3]", "7"}, "low=[1,0] high=[0,-2] interior=[0,1]"),
            "pad: extents must not be negative, got -2");
  EXPECT_EQ(infer_text("pad", {"u8[2,3]", "7"}, "low=[1] high=[0,2] interior=[0,1]"),
            "pad: 1 extents in front, 2 behind and 2 between for u8[2,3]");
  EXPECT_EQ(infer_text("pad", {"u8[3]", "7"}, "low=[0] high=[0] interior=[9223372036854775807]"),
            "pad: the result for u8[3] is too large");
  EXPECT_EQ(infer_text("pad", {"f32[3]", "7"}, "low=[4611686018427387904] high=[0] interior=[0]"),
            "pad: the result f32[4611686018427387907] is too large");
}

TEST(Index, TakeAndTakeAlongAxis) {
  EXPECT_EQ(infer_text("take", {"f32[5,7]", "i64[4]"}, "axis=0"), "f32[4,7]");
  EXPECT_EQ(infer_text("take", {"f32[5,7]", "u8[2,3]"}, "axis=1"), "f32[5,2,3]");
  EXPECT_EQ(infer_text("take", {"f32[5,7]", "i64[]"}, "axis=0"), "f32[7]");
  EXPECT_EQ(infer_text("take", {"f32[5,7]", "i64[0]"}, "axis=0"), "f32[0,7]");
  EXPECT_EQ(infer_text("take", {"f32[5,7]", "f32[4]"}, "axis=0"),
            "take: index f32[4] must be a tensor of integers");
  EXPECT_EQ(infer_text("take", {"f32[5,7]", "1"}, "axis=0"),
            "take: index a number must be a tensor of integers");
  EXPECT_EQ(infer_text("take", {"f32[5,7]", "i64[4]"}, "axis=2"),
            "take: axis 2 is out of range for f32[5,7]");
  EXPECT_EQ(infer_text("take", {"f32[1,1,1,1,1]", "i64[1,1,1,1,1]"}, "axis=0"),
            "take: the result would have more than 8 axes: f32[1,1,1,1,1], index i64[1,1,1,1,1]");
  EXPECT_EQ(infer_text("take_along_axis", {"f32[5,7]", "i64[5,2]"}, "axis=1"), "f32[5,2]");
  EXPECT_EQ(infer_text("take_along_axis", {"f32[5,7]", "i64[1,2]"}, "axis=1"),
            "take_along_axis: extents differ off axis 1: x f32[5,7], index i64[1,2]");
  EXPECT_EQ(infer_text("take_along_axis", {"f32[5,7]", "i64[5]"}, "axis=1"),
            "take_along_axis: extents differ off axis 1: x f32[5,7], index i64[5]");
}

TEST(Index, ScatterAndOneHot) {
  EXPECT_EQ(infer_text("scatter", {"f32[5,7]", "i64[4]", "f32[4,7]"}, "axis=0 mode=1"), "f32[5,7]");
  EXPECT_EQ(infer_text("scatter", {"f32[5,7]", "i64[]", "f32[7]"}, "axis=0 mode=0"), "f32[5,7]");
  EXPECT_EQ(infer_text("scatter", {"f32[5,7]", "i64[4]", "f32[7,4]"}, "axis=0 mode=1"),
            "scatter: updates must have shape f32[4,7]: x f32[5,7], index i64[4], updates "
            "f32[7,4]");
  EXPECT_EQ(infer_text("scatter", {"f32[5]", "i64[4]", "f64[4]"}, "axis=0 mode=1"),
            "scatter: dtypes differ: x f32[5], index i64[4], updates f64[4]");
  EXPECT_EQ(infer_text("scatter", {"bool[5]", "i64[4]", "bool[4]"}, "axis=0 mode=1"),
            "scatter: elements of bool[5] cannot be added or multiplied: use astype");
  EXPECT_EQ(infer_text("scatter", {"bool[5]", "i64[4]", "bool[4]"}, "axis=0 mode=4"), "bool[5]");
  EXPECT_EQ(infer_text("scatter", {"f32[5]", "i64[4]", "f32[4]"}, "axis=0 mode=5"),
            "scatter: there is no way 5 to scatter");
  EXPECT_EQ(infer_text("scatter_along_axis", {"f32[5,7]", "i64[5,2]", "f32[5,2]"}, "axis=1 mode=0"),
            "f32[5,7]");
  EXPECT_EQ(infer_text("scatter_along_axis", {"f32[5,7]", "i64[5,2]", "f32[5,3]"}, "axis=1 mode=0"),
            "scatter_along_axis: there must be an index for every update: x f32[5,7], index "
            "i64[5,2], updates f32[5,3]");
  EXPECT_EQ(infer_text("one_hot", {"i64[2,3]"}, "depth=10 dtype=f32"), "f32[2,3,10]");
  EXPECT_EQ(infer_text("one_hot", {"u8[]"}, "depth=0 dtype=bool"), "bool[0]");
  EXPECT_EQ(infer_text("one_hot", {"i64[2]"}, "depth=-1 dtype=f32"),
            "one_hot: depth -1 is negative");
  EXPECT_EQ(infer_text("one_hot", {"i64[2]"}, "depth=9223372036854775807 dtype=f32"),
            "one_hot: the result f32[2,9223372036854775807] is too large");
}

TEST(Index, BoundsOfIndices) {
  const auto bound = [](jit::OpKind op, const std::vector<std::string_view> &texts,
                        std::string_view attr_text) {
    const auto words = jit::test::attrs(op, attr_text);
    const auto types = jit::test::operands(texts);
    const jit::IndexCheck *check = jit::info(op).index_check;
    EXPECT_EQ(jit::info(op).operands[check->operand].kind, jit::OperandKind::index);
    return check->bound({op, words, types});
  };
  EXPECT_EQ(bound(jit::OpKind::take, {"f32[5,7]", "i64[4]"}, "axis=1"), 7);
  EXPECT_EQ(bound(jit::OpKind::take_along_axis, {"f32[5,7]", "i64[4,7]"}, "axis=0"), 5);
  EXPECT_EQ(bound(jit::OpKind::scatter, {"f32[5]", "i64[4]", "f32[4]"}, "axis=0 mode=0"), 5);
  EXPECT_EQ(bound(jit::OpKind::one_hot, {"i64[4]"}, "depth=9 dtype=f32"), 9);
}

TEST(Creation, Full) {
  EXPECT_EQ(infer_text("full", {"1.5"}, "shape=[2,3] dtype=f32"), "f32[2,3]");
  EXPECT_EQ(infer_text("full", {"1.5"}, "shape=[] dtype=bool"), "bool[]");
  EXPECT_EQ(infer_text("full", {"1"}, "shape=[2,-3] dtype=f32"),
            "full: extent -3 of f32[2,-3] is negative");
  EXPECT_EQ(infer_text("full", {"1"}, "shape=[1152921504606846976] dtype=f64"),
            "full: the result f64[1152921504606846976] is too large");
  EXPECT_EQ(infer_text("full", {"1"}, "shape=[1152921504606846975] dtype=f64"),
            "f64[1152921504606846975]");
  // Strides are products of extents beside a 0 too.
  EXPECT_EQ(infer_text("full", {"1"}, "shape=[0,4294967296,4294967296] dtype=u8"),
            "full: the result u8[0,4294967296,4294967296] is too large");
  EXPECT_EQ(infer_text("full", {"f32[]"}, "shape=[2] dtype=f32"),
            "full: value f32[] must be a number");
}

TEST(Creation, Random) {
  EXPECT_EQ(infer_text("uniform", {"1", "2"}, "shape=[2,3] dtype=f64"), "f64[2,3]");
  EXPECT_EQ(infer_text("normal", {"1", "2"}, "shape=[2,3] dtype=i64"),
            "normal: dtype i64 is not accepted");
  EXPECT_EQ(infer_text("permutation", {"1", "2"}, "n=0"), "i64[0]");
  EXPECT_EQ(infer_text("permutation", {"1", "2"}, "n=-1"),
            "permutation: extent -1 of i64[-1] is negative");
}

namespace {

std::string arange(std::int64_t start, std::int64_t stop, std::int64_t step,
                   std::string_view dtype) {
  return infer_text("arange", {},
                    "start=" + std::to_string(start) + " stop=" + std::to_string(stop) +
                        " step=" + std::to_string(step) + " dtype=" + std::string(dtype));
}
std::string arange_of_doubles(double start, double stop, double step, std::string_view dtype) {
  return arange(std::bit_cast<std::int64_t>(start), std::bit_cast<std::int64_t>(stop),
                std::bit_cast<std::int64_t>(step), dtype);
}

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr const char *not_finite =
    "arange: the number of elements is not finite or does not fit 63 bits";

} // namespace

TEST(Creation, ArangeOfIntegers) {
  EXPECT_EQ(arange(0, 10, 1, "i64"), "i64[10]");
  EXPECT_EQ(arange(0, 10, 3, "i64"), "i64[4]");
  EXPECT_EQ(arange(0, 9, 3, "u8"), "u8[3]");
  EXPECT_EQ(arange(10, 0, -3, "i64"), "i64[4]");
  EXPECT_EQ(arange(0, 10, -1, "i64"), "i64[0]");
  EXPECT_EQ(arange(10, 10, 1, "i64"), "i64[0]");
  EXPECT_EQ(arange(lowest, highest, highest, "i64"), "i64[3]");
  EXPECT_EQ(arange(highest, lowest, lowest, "i64"), "i64[2]");
  EXPECT_EQ(arange(lowest, highest, 1, "i64"), not_finite);
  EXPECT_EQ(arange(0, 10, 0, "i64"), "arange: the step is 0");
  EXPECT_EQ(arange(0, 1, 1, "bool"), "arange: dtype bool is not accepted");
}

TEST(Creation, ArangeOfFloats) {
  EXPECT_EQ(arange_of_doubles(0.0, 1.0, 0.25, "f32"), "f32[4]");
  EXPECT_EQ(arange_of_doubles(0.0, 1.1, 0.25, "f64"), "f64[5]");
  EXPECT_EQ(arange_of_doubles(1.0, 0.0, -0.5, "f32"), "f32[2]");
  EXPECT_EQ(arange_of_doubles(1.0, 0.0, 0.5, "f32"), "f32[0]");
  EXPECT_EQ(arange_of_doubles(0.0, infinity, 1.0, "f32"), not_finite);
  EXPECT_EQ(arange_of_doubles(0.0, 1.0, std::numeric_limits<double>::denorm_min(), "f32"),
            not_finite);
  EXPECT_EQ(arange_of_doubles(0.0, std::numeric_limits<double>::quiet_NaN(), 1.0, "f32"),
            not_finite);
  EXPECT_EQ(arange_of_doubles(0.0, 1.0, -0.0, "f32"), "arange: the step is 0");
  EXPECT_EQ(arange_of_doubles(0.0, 1.0, infinity, "f32"), "f32[0]");
}
