// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Axes and shapes as users write them.
#include "runtime/ops/Axes.h"
#include "test/unit/ops/Inference.h"

#include <gtest/gtest.h>
#include <limits>

namespace jit {
namespace {

using Resolve = std::optional<std::string> (*)(std::string_view, const Meta &, const Axes &,
                                               DimList &);

std::string list_text(Dims dims) {
  const std::string text = describe(DType::f32, dims);
  return text.substr(text.find('['));
}
std::string text(Resolve resolve, std::string_view function, std::string_view x, const Axes &axes) {
  DimList out;
  const auto error = resolve(function, *test::operand(x).meta, axes, out);
  return error ? *error : list_text(out);
}

TEST(Axes, AreResolvedSortedAndUnique) {
  EXPECT_EQ(text(resolve_axes, "sum", "f32[2,3,4]", {}), "[0,1,2]");
  EXPECT_EQ(text(resolve_axes, "sum", "f32[2,3,4]", {-1, 0}), "[0,2]");
  EXPECT_EQ(text(resolve_axes, "sum", "f32[2,3,4]", -3), "[0]");
  EXPECT_EQ(text(resolve_axes, "sum", "f32[]", {}), "[]");
  EXPECT_EQ(text(resolve_axes, "sum", "f32[2,3]", Axes(DimList{})), "[]");
  EXPECT_EQ(text(resolve_axes, "sum", "f32[2,3]", 3), "sum: axis 3 is out of range for f32[2,3]");
  EXPECT_EQ(text(resolve_axes, "sum", "f32[2,3]", -3), "sum: axis -3 is out of range for f32[2,3]");
  EXPECT_EQ(text(resolve_axes, "sum", "f32[]", 0), "sum: axis 0 is out of range for f32[]");
  EXPECT_EQ(text(resolve_axes, "sum", "f32[2,3]", {1, -1}), "sum: axis -1 is repeated");
  EXPECT_EQ(text(resolve_axes, "sum", "f32[2]", {std::numeric_limits<std::int64_t>::min()}),
            "sum: axis -9223372036854775808 is out of range for f32[2]");
}

TEST(Axes, OneAxisOfAResult) {
  std::int64_t axis = 0;
  const Meta &x = *test::operand("f32[2,3]").meta;
  EXPECT_EQ(resolve_axis("expand_dims", x, -1, 3, axis), std::nullopt);
  EXPECT_EQ(axis, 2);
  EXPECT_EQ(resolve_axis("expand_dims", x, 3, 3, axis),
            "expand_dims: axis 3 is out of range for f32[2,3]");
}

TEST(Axes, Permutations) {
  EXPECT_EQ(text(resolve_permutation, "permute_dims", "f32[2,3,4]", {}), "[2,1,0]");
  EXPECT_EQ(text(resolve_permutation, "permute_dims", "f32[2,3,4]", {1, -1, 0}), "[1,2,0]");
  EXPECT_EQ(text(resolve_permutation, "permute_dims", "f32[2,3,4]", {1, 0}),
            "permute_dims: 2 axes are given for f32[2,3,4]");
  EXPECT_EQ(text(resolve_permutation, "permute_dims", "f32[2,3]", {0, -2}),
            "permute_dims: axis -2 is repeated");
}

TEST(Axes, Squeeze) {
  EXPECT_EQ(text(resolve_squeeze, "squeeze", "f32[1,3,1]", {}), "[0,2]");
  EXPECT_EQ(text(resolve_squeeze, "squeeze", "f32[2,3]", {}), "[]");
  EXPECT_EQ(text(resolve_squeeze, "squeeze", "f32[1,3]", -2), "[0]");
}

TEST(Axes, ShapesWithAnOpenExtent) {
  const auto shape = [](std::string_view x, const DimList &wanted) {
    DimList out;
    const auto error = resolve_shape("reshape", *test::operand(x).meta, wanted, out);
    return error ? *error : list_text(out);
  };
  EXPECT_EQ(shape("f32[4,6]", {-1}), "[24]");
  EXPECT_EQ(shape("f32[4,6]", {3, -1, 2}), "[3,4,2]");
  EXPECT_EQ(shape("f32[]", {-1}), "[1]");
  EXPECT_EQ(shape("f32[0,6]", {-1, 3}), "[0,3]");
  EXPECT_EQ(shape("f32[4,6]", {5, 5}), "[5,5]"); // infer refuses it
  EXPECT_EQ(shape("f32[4,6]", {5, -1}), "reshape: f32[4,6] does not have the elements of [5,-1]");
  EXPECT_EQ(shape("f32[0,6]", {0, -1}), "reshape: f32[0,6] does not have the elements of [0,-1]");
  EXPECT_EQ(shape("f32[4,6]", {-1, -1}), "reshape: only one extent may be -1");
  EXPECT_EQ(shape("f32[4,6]", {-1, -2}), "reshape: f32[4,6] does not have the elements of [-1,-2]");
  EXPECT_EQ(shape("f32[4,6]", {-1, 4294967296, 4294967296}),
            "reshape: f32[4,6] does not have the elements of [-1,4294967296,4294967296]");
}

} // namespace
} // namespace jit
