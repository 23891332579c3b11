// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Strides and offsets of views, against the addresses that elements must have.
#include "runtime/ops/Views.h"
#include "test/unit/ops/Inference.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>

namespace {

using jit::test::infer_text;

/// Addresses of the elements in row-major order.
std::vector<std::int64_t> addresses(jit::Dims dims, jit::Dims strides, std::int64_t offset = 0) {
  std::vector<std::int64_t> found{offset};
  for (std::size_t i = 0; i < dims.size(); ++i) {
    std::vector<std::int64_t> next;
    for (std::int64_t base : found)
      for (std::int64_t k = 0; k < dims[i]; ++k)
        next.push_back(base + k * strides[i]);
    found.swap(next);
  }
  return found;
}

TEST(Views, Permute) {
  EXPECT_EQ(infer_text("permute_dims", {"f32[2,3,4]"}, "axes=[2,0,1]"), "view f32[4,2,3]{1,12,4}");
  EXPECT_EQ(infer_text("permute_dims", {"f32[]"}, "axes=[]"), "view f32[]{}");
  EXPECT_EQ(infer_text("permute_dims", {"f32[1,3]"}, "axes=[1,0]"), "view f32[3,1]{1,1}");
  EXPECT_EQ(infer_text("permute_dims", {"f32[2,3]"}, "axes=[0,0]"),
            "permute_dims: axis 0 is repeated");
  EXPECT_EQ(infer_text("permute_dims", {"f32[2,3]"}, "axes=[0,2]"),
            "permute_dims: axis 2 is out of range for f32[2,3]");
  EXPECT_EQ(infer_text("permute_dims", {"f32[2,3]"}, "axes=[0]"),
            "permute_dims: 1 axes are given for f32[2,3]");
}

TEST(Views, BroadcastTo) {
  EXPECT_EQ(infer_text("broadcast_to", {"f32[4,1]"}, "shape=[3,4,5]"), "view f32[3,4,5]{0,1,0}");
  EXPECT_EQ(infer_text("broadcast_to", {"f32[]"}, "shape=[2]"), "view f32[2]{0}");
  EXPECT_EQ(infer_text("broadcast_to", {"f32[1]"}, "shape=[0]"), "view f32[0]{1}");
  EXPECT_EQ(infer_text("broadcast_to", {"f32[2]"}, "shape=[2]"), "view f32[2]{1}");
  EXPECT_EQ(infer_text("broadcast_to", {"f32[2]"}, "shape=[3]"),
            "broadcast_to: f32[2] does not broadcast to f32[3]");
  EXPECT_EQ(infer_text("broadcast_to", {"f32[2,2]"}, "shape=[2]"),
            "broadcast_to: f32[2,2] does not broadcast to f32[2]");
  EXPECT_EQ(infer_text("broadcast_to", {"f32[3]"}, "shape=[1]"),
            "broadcast_to: f32[3] does not broadcast to f32[1]");
  EXPECT_EQ(infer_text("broadcast_to", {"f32[1]"}, "shape=[-1]"),
            "broadcast_to: the result f32[-1] is too large");
  EXPECT_EQ(infer_text("broadcast_to", {"f32[]"}, "shape=[4611686018427387904]"),
            "broadcast_to: the result f32[4611686018427387904] is too large");
}

TEST(Views, ExpandAndSqueeze) {
  EXPECT_EQ(infer_text("expand_dims", {"f32[2,3]"}, "axis=0"), "view f32[1,2,3]{6,3,1}");
  EXPECT_EQ(infer_text("expand_dims", {"f32[2,3]{1,2}"}, "axis=2"), "view f32[2,3,1]{1,2,0}");
  EXPECT_EQ(infer_text("expand_dims", {"f32[2,3]"}, "axis=3"),
            "expand_dims: axis 3 is out of range for f32[2,3]");
  EXPECT_EQ(infer_text("expand_dims", {"f32[1,1,1,1,1,1,1,1]"}, "axis=0"),
            "expand_dims: the result would have more than 8 axes: f32[1,1,1,1,1,1,1,1]");
  EXPECT_EQ(infer_text("squeeze", {"f32[1,2,1]"}, "axis=[0,2]"), "view f32[2]{1}");
  EXPECT_EQ(infer_text("squeeze", {"f32[1,2,1]"}, "axis=[]"), "view f32[1,2,1]{2,1,1}");
  EXPECT_EQ(infer_text("squeeze", {"f32[1,2]"}, "axis=[1]"),
            "squeeze: axis 1 of f32[1,2] does not have extent 1");
}

TEST(Views, Slice) {
  EXPECT_EQ(infer_text("slice", {"f32[5,7]", "1", "6"}, "extents=[2,3] steps=[2,-3]"),
            "view f32[2,3]{14,-3}");
  EXPECT_EQ(infer_text("slice", {"f32[5,7]", "4", "0"}, "extents=[1,0] steps=[9,1]"),
            "view f32[1,0]{1,1}");
  EXPECT_EQ(infer_text("slice", {"f32[]"}, "extents=[] steps=[]"), "view f32[]{}");
  EXPECT_EQ(infer_text("slice", {"f32[5]", "0"}, "extents=[3] steps=[2]"), "view f32[3]{2}");
  EXPECT_EQ(infer_text("slice", {"f32[5]", "0"}, "extents=[4] steps=[2]"),
            "slice: 4 elements with step 2 do not fit axis 0 of f32[5]");
  EXPECT_EQ(infer_text("slice", {"f32[5]", "4"}, "extents=[4] steps=[-2]"),
            "slice: 4 elements with step -2 do not fit axis 0 of f32[5]");
  EXPECT_EQ(infer_text("slice", {"f32[5]", "0"}, "extents=[2] steps=[0]"),
            "slice: the step of axis 0 is 0");
  EXPECT_EQ(infer_text("slice", {"f32[5]", "0"}, "extents=[-1] steps=[1]"),
            "slice: -1 elements with step 1 do not fit axis 0 of f32[5]");
  EXPECT_EQ(infer_text("slice", {"f32[5]", "0"}, "extents=[2] steps=[-9223372036854775808]"),
            "slice: 2 elements with step -9223372036854775808 do not fit axis 0 of f32[5]");
  EXPECT_EQ(infer_text("slice", {"f32[5]", "0"}, "extents=[2,1] steps=[1,1]"),
            "slice: a start, an extent and a step are needed for every axis of f32[5]");
  EXPECT_EQ(infer_text("slice", {"f32[5,7]", "0"}, "extents=[2,1] steps=[1,1]"),
            "slice: a start, an extent and a step are needed for every axis of f32[5,7]");
}

TEST(Views, SliceStartsAreCheckedAtTheCall) {
  const auto words = jit::test::attrs(jit::OpKind::slice, "extents=[2,3] steps=[2,-3]");
  const auto types = jit::test::operands({"f32[5,7]", "0", "0"});
  const jit::InferRequest request{jit::OpKind::slice, words, types};
  const auto check = [&](std::int64_t a, std::int64_t b) {
    return jit::check_starts(request, jit::DimList{a, b}).value_or("ok");
  };
  EXPECT_EQ(check(0, 6), "ok");
  EXPECT_EQ(check(2, 6), "ok");
  EXPECT_EQ(jit::view_offset(request, jit::DimList{2, 6}), 20);
  EXPECT_EQ(check(3, 6), "slice: start 3 with 2 elements and step 2 leaves axis 0 of f32[5,7]");
  EXPECT_EQ(check(-1, 6), "slice: start -1 with 2 elements and step 2 leaves axis 0 of f32[5,7]");
  EXPECT_EQ(check(0, 5), "slice: start 5 with 3 elements and step -3 leaves axis 1 of f32[5,7]");
  EXPECT_EQ(check(0, 7), "slice: start 7 with 3 elements and step -3 leaves axis 1 of f32[5,7]");
  constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
  EXPECT_NE(check(highest, 6), "ok");
  EXPECT_NE(check(-highest - 1, 6), "ok");
}

TEST(Views, AnEmptySliceMayStartAnywhere) {
  const auto words = jit::test::attrs(jit::OpKind::slice, "extents=[0,3] steps=[1,1]");
  const auto types = jit::test::operands({"f32[5,7]", "0", "0"});
  const jit::InferRequest request{jit::OpKind::slice, words, types};
  EXPECT_FALSE(jit::check_starts(request, jit::DimList{99, 2}));
  EXPECT_EQ(jit::view_offset(request, jit::DimList{99, 2}), 0);
}

/// The positions that `for (i = begin; ...; i += step)` visits, by the definition.
std::vector<std::int64_t> visited(std::int64_t size, std::optional<std::int64_t> begin,
                                  std::optional<std::int64_t> end, std::int64_t step) {
  const auto wrap = [&](std::int64_t bound) { return bound < 0 ? bound + size : bound; };
  std::vector<std::int64_t> found;
  for (std::int64_t i = step > 0 ? 0 : size - 1; i >= 0 && i < size; i += step > 0 ? 1 : -1) {
    const bool after_begin = !begin || (step > 0 ? i >= wrap(*begin) : i <= wrap(*begin));
    const bool before_end = !end || (step > 0 ? i < wrap(*end) : i > wrap(*end));
    if (after_begin && before_end)
      found.push_back(i);
  }
  std::vector<std::int64_t> kept;
  for (std::size_t i = 0; i < found.size(); i += static_cast<std::size_t>(std::abs(step)))
    kept.push_back(found[i]);
  return kept;
}

TEST(Views, ResolvedSlicesVisitWhatNumPyVisits) {
  std::vector<std::optional<std::int64_t>> bounds{std::nullopt};
  for (std::int64_t bound = -7; bound <= 7; ++bound)
    bounds.push_back(bound);
  for (std::int64_t size : {0, 1, 2, 5})
    for (const auto &begin : bounds)
      for (const auto &end : bounds)
        for (std::int64_t step : {-7, -3, -2, -1, 1, 2, 3, 7}) {
          const jit::SliceRange range = jit::resolve_slice(size, begin, end, step);
          std::vector<std::int64_t> found;
          for (std::int64_t i = 0; i < range.extent; ++i)
            found.push_back(range.start + i * step);
          EXPECT_EQ(found, visited(size, begin, end, step))
              << size << " " << begin.value_or(99) << " " << end.value_or(99) << " " << step;
        }
}

TEST(Views, ResolvedSlicesSurviveExtremeBounds) {
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(jit::resolve_slice(5, lowest, highest, 1).extent, 5);
  EXPECT_EQ(jit::resolve_slice(5, highest, lowest, -1).extent, 5);
  EXPECT_EQ(jit::resolve_slice(5, std::nullopt, std::nullopt, lowest).extent, 1);
  EXPECT_EQ(jit::resolve_slice(5, std::nullopt, std::nullopt, highest).extent, 1);
  EXPECT_EQ(jit::resolve_slice(highest, std::nullopt, std::nullopt, 1).extent, highest);
}

TEST(Views, ReshapeOfContiguous) {
  EXPECT_EQ(infer_text("reshape", {"f32[2,3]"}, "shape=[3,2]"), "view f32[3,2]{2,1}");
  EXPECT_EQ(infer_text("reshape", {"f32[]"}, "shape=[1,1]"), "view f32[1,1]{1,1}");
  EXPECT_EQ(infer_text("reshape", {"f32[0,3]"}, "shape=[5,0]"), "view f32[5,0]{1,1}");
  EXPECT_EQ(infer_text("reshape", {"f32[2,3]"}, "shape=[4]"),
            "reshape: f32[2,3] does not have the elements of f32[4]");
  EXPECT_EQ(infer_text("reshape", {"f32[2,3]"}, "shape=[-2,-3]"),
            "reshape: f32[2,3] does not have the elements of f32[-2,-3]");
  EXPECT_EQ(infer_text("reshape", {"f32[0]"}, "shape=[4294967296,0,4294967296]"),
            "reshape: f32[0] does not have the elements of f32[4294967296,0,4294967296]");
}

TEST(Views, ReshapeCopiesOnlyWhenItMust) {
  EXPECT_EQ(infer_text("reshape", {"f32[2,3]{1,2}"}, "shape=[6]"), "f32[6]");
  EXPECT_EQ(infer_text("reshape", {"f32[4,6]{1,4}"}, "shape=[2,2,6]"), "view f32[2,2,6]{2,1,4}");
  EXPECT_EQ(infer_text("reshape", {"f32[4,3]{6,2}"}, "shape=[12]"), "view f32[12]{2}");
  EXPECT_EQ(infer_text("reshape", {"f32[4,3]{8,2}"}, "shape=[12]"), "f32[12]");
  EXPECT_EQ(infer_text("reshape", {"f32[6]{-1}"}, "shape=[2,3]"), "view f32[2,3]{-3,-1}");
  EXPECT_EQ(infer_text("reshape", {"f32[4]{0}"}, "shape=[2,2]"), "view f32[2,2]{0,0}");
  EXPECT_EQ(infer_text("reshape", {"f32[2,2]{0,1}"}, "shape=[4]"), "f32[4]");
  // Strides that a file may give, and that overflow when they are multiplied once more.
  EXPECT_EQ(infer_text("reshape", {"u8[2]{9223372036854775805}"}, "shape=[1,2]"),
            "view u8[1,2]{0,9223372036854775805}");
  EXPECT_EQ(infer_text("reshape", {"u8[2,2]{4,9223372036854775800}"}, "shape=[4]"), "u8[4]");
}

/// All shapes with the given number of elements and rank <= 4.
void collect_shapes(std::int64_t size, jit::DimList prefix, std::vector<jit::DimList> &out) {
  if (size == 1)
    out.push_back(prefix);
  if (prefix.size() == 4)
    return;
  for (std::int64_t extent = 1; extent <= size; ++extent)
    if (size % extent == 0) {
      jit::DimList longer = prefix;
      longer.push_back(extent);
      collect_shapes(size / extent, longer, out);
    }
}

TEST(Views, ReshapeKeepsEveryAddress) {
  std::vector<jit::DimList> shapes;
  collect_shapes(12, {}, shapes);
  constexpr std::string_view sources[]{
      "f32[3,4]{4,1}",     "f32[3,4]{1,3}",      "f32[3,4]{8,2}",      "f32[3,4]{9,2}",
      "f32[3,4]{-4,-1}",   "f32[3,4]{4,-1}",     "f32[3,4]{0,1}",      "f32[3,4]{1,0}",
      "f32[2,2,3]{6,3,1}", "f32[2,2,3]{3,6,1}",  "f32[2,2,3]{1,2,4}",  "f32[2,2,3]{12,3,1}",
      "f32[12]{5}",        "f32[2,1,6]{6,99,1}", "f32[2,1,6]{7,99,1}", "f32[1,12,1]{0,-2,0}"};
  int views = 0, copies = 0;
  for (std::string_view source : sources)
    for (const jit::DimList &shape : shapes) {
      const jit::OperandType x = jit::test::operand(source);
      const jit::ReshapeAttrs attrs{shape};
      const jit::AttrWriter words = attrs.encode();
      jit::Inferred out;
      ASSERT_FALSE(jit::infer({jit::OpKind::reshape, words, {&x, 1}}, out));
      const jit::ResultType &result = out.results[0];
      const auto expected = addresses(x.meta->dims(), x.meta->strides());
      if (result.view) {
        ++views;
        EXPECT_EQ(addresses(result.dims, result.strides), expected)
            << source << " " << jit::describe(result.dtype, shape);
      } else {
        ++copies;
        // Then no strides can do it: the first differing neighbours decide each candidate stride.
        jit::DimList strides(shape);
        std::int64_t below = 1;
        for (std::size_t i = shape.size(); i-- > 0;) {
          strides[i] = shape[i] > 1 ? expected[static_cast<std::size_t>(below)] - expected[0] : 0;
          below *= shape[i];
        }
        EXPECT_NE(addresses(shape, strides), expected)
            << source << " " << jit::describe(result.dtype, shape);
      }
    }
  EXPECT_GT(views, 100);
  EXPECT_GT(copies, 100);
}

} // namespace
