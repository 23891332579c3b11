// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Inputs by seed: the same every time, and indices in range.
#include "runtime/trace/Inputs.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/tensor/Impl.h"
#include "runtime/trace/Text.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

namespace jit {
namespace {

Graph graph_of(const std::string &body) {
  ParsedTraces parsed = parse_traces("tracejit-trace 1\nname \"\"\n" + body + "end\n", "t");
  EXPECT_EQ(parsed.error, "");
  return std::move(parsed.graphs.at(0));
}

template <class T> std::vector<T> elements(const Tensor &tensor) {
  const Impl &impl = *detail::Access::impl(tensor);
  std::vector<T> out(static_cast<std::size_t>(impl.meta->size));
  copy_strided(*impl.meta, impl.data(), reinterpret_cast<std::byte *>(out.data()));
  return out;
}

TEST(Inputs, DependOnTheSeedAlone) {
  const Graph graph = graph_of("input %in0 : f32[1000]\ninput %in1 : f64[1000]\n");
  const Result<GraphInputs> a = seeded_inputs(graph, 1), b = seeded_inputs(graph, 1),
                            c = seeded_inputs(graph, 2);
  ASSERT_TRUE(a && b && c);
  const auto first = elements<float>(a->tensors[0]), again = elements<float>(b->tensors[0]),
             other = elements<float>(c->tensors[0]);
  EXPECT_EQ(std::memcmp(first.data(), again.data(), 4000), 0);
  EXPECT_NE(std::memcmp(first.data(), other.data(), 4000), 0);
  double sum = 0;
  for (const float x : first) {
    EXPECT_TRUE(x >= -2 && x < 2);
    sum += x;
  }
  EXPECT_LT(std::abs(sum), 150.0); // four standard deviations of 1,000 uniform numbers
  const auto doubles = elements<double>(a->tensors[1]);
  EXPECT_NE(doubles[0], first[0]); // another stream for another input
}

template <class T> void expect_within(const Tensor &tensor, std::int64_t bound) {
  std::int64_t largest = -1;
  for (const T x : elements<T>(tensor)) {
    EXPECT_GE(static_cast<std::int64_t>(x), 0);
    largest = std::max(largest, static_cast<std::int64_t>(x));
  }
  EXPECT_EQ(largest, bound - 1); // enough elements that every value comes up
}

TEST(Inputs, IndicesAreInRangeThroughViewsCastsAndJoins) {
  const Graph graph = graph_of("input %in0 : f32[5,7]\n"
                               "input %in1 : i64[3,40]\n"
                               "input %in2 : u8[90]\n"
                               "input %in3 : i64[200]\n"
                               "%0 = reshape(%in1) shape=[120] : i64[120]\n"
                               "%1 = astype(%in2) dtype=i64 : i64[90]\n"
                               "%2 = concat(%0, %1) axis=0 : i64[210]\n"
                               "%3 = take(%in0, %2) axis=0 : f32[210,7]\n"
                               "%4 = one_hot(%in3) depth=9 dtype=f32 : f32[200,9]\n"
                               "%5 = take(%in0, %in3) axis=1 : f32[5,200]\n");
  const Result<GraphInputs> inputs = seeded_inputs(graph, 3);
  ASSERT_TRUE(inputs);
  expect_within<std::int64_t>(inputs->tensors[1], 5);
  expect_within<std::uint8_t>(inputs->tensors[2], 5);
  expect_within<std::int64_t>(inputs->tensors[3], 7); // the least of both bounds
}

TEST(Inputs, AnIndexIntoNothingIsRefused) {
  const Graph none = graph_of("input %in0 : f32[0,2]\ninput %in1 : i64[3]\n"
                              "%0 = take(%in0, %in1) axis=0 : f32[3,2]\n");
  const Result<GraphInputs> inputs = seeded_inputs(none, 0);
  ASSERT_FALSE(inputs);
  EXPECT_EQ(inputs.message(), "input %in1 is an index, and none is in range");
  const Graph empty = graph_of("input %in0 : f32[0,2]\ninput %in1 : i64[0]\n"
                               "%0 = take(%in0, %in1) axis=0 : f32[0,2]\n");
  EXPECT_TRUE(seeded_inputs(empty, 0));
}

TEST(Inputs, NumbersAreTheExamplesOrFit) {
  const Graph given = graph_of("number %num0 : float = 0x3fb999999999999a (0.1)\n");
  EXPECT_EQ(seeded_inputs(given, 0)->numbers.at(0).as_double(), 0.1);
  // Backwards from the last element on.
  const Graph slices = graph_of("input %in0 : f32[10]\nnumber %num0 : int\nnumber %num1 : int\n"
                                "%0 = slice(%in0, %num0) extents=[4] steps=[-3] : f32[4] "
                                "strides=[-3]\n"
                                "%1 = slice(%in0, %num1) extents=[4] steps=[3] : f32[4] "
                                "strides=[3]\n");
  const Result<GraphInputs> inputs = seeded_inputs(slices, 0);
  ASSERT_TRUE(inputs);
  EXPECT_EQ(inputs->numbers.at(0).as_int(), 9);
  EXPECT_EQ(inputs->numbers.at(1).as_int(), 0);
}

TEST(Inputs, LayOutFollowsTheStrides) {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  const DimList shape{2, 3};
  for (const DimList &strides : {DimList{3, 1}, DimList{1, 2}, DimList{-3, -1}, DimList{8, -2}}) {
    const Meta *meta = intern_meta(DType::f32, shape, strides);
    const Result<Tensor> tensor =
        lay_out(*meta, reinterpret_cast<const std::byte *>(values.data()));
    ASSERT_TRUE(tensor);
    EXPECT_EQ(elements<float>(*tensor), values) << strides[0];
  }
  for (const DimList &dims : {DimList{}, DimList{0}, DimList{1}, DimList{2, 0, 3}}) {
    const Meta *meta = intern_contiguous(DType::f32, dims);
    const Result<Tensor> tensor =
        lay_out(*meta, reinterpret_cast<const std::byte *>(values.data()));
    ASSERT_TRUE(tensor);
    EXPECT_EQ(elements<float>(*tensor),
              std::vector<float>(static_cast<std::size_t>(meta->size), 1));
  }
}

TEST(Inputs, SharedElementsAndSizeZeroCanBeSeeded) {
  const Graph graph = graph_of("input %in0 : f32[1000000,1000000] strides=[0,0]\n"
                               "input %in1 : f32[0,5]\ninput %in2 : f32[3] strides=[-2]\n"
                               "input %in3 : bool[]\n");
  EXPECT_TRUE(seeded_inputs(graph, 0));
}

TEST(Inputs, TooLargeIsAMessage) {
  const Graph graph = graph_of("input %in0 : f32[1152921504606846976]\n");
  const Result<GraphInputs> inputs = seeded_inputs(graph, 0);
  ASSERT_FALSE(inputs);
  EXPECT_EQ(inputs.message(), "out of memory for an input f32[1152921504606846976]");
}

} // namespace
} // namespace jit
