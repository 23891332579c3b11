// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arguments that do not fit, function by function: the message, and nothing around it is harmed.
#include "test/errors/Expect.h"

namespace jit {
namespace {

const Tensor a = zeros({2, 3}), v = zeros({3}), none = zeros({2, 0});
const Tensor ints = zeros({2, 3}, DType::i64), places = arange(3);
Generator g(1);

TEST(ArgumentErrors, Sizes) {
  expect_invalid("full: extent -1 of f32[-1] is negative", [] { zeros({-1}); });
  expect_invalid("full: extent -3 of i64[2,-3] is negative", [] { full({2, -3}, 1); });
  expect_invalid("full: the result f32[1099511627776,1099511627776] is too large",
                 [] { zeros({std::int64_t{1} << 40, std::int64_t{1} << 40}); });
  expect_invalid("arange: the step is 0", [] { arange(0, 1, 0); });
  expect_invalid("arange: dtype bool is not accepted", [] { arange(0, 10, 1, DType::boolean); });
  expect_invalid("arange: the result i64[9223372036854775807] is too large",
                 [] { arange(0, INT64_MAX); });
  expect_invalid("linspace: i32 cannot hold its steps; use arange",
                 [] { linspace(0, 1, 3, DType::i32); });
  expect_invalid("linspace: cannot make -1 elements", [] { linspace(0, 1, -1); });
  expect_invalid("eye: cannot make -1 by -1 elements", [] { eye(-1); });
  expect_invalid("uniform: extent -2 of f32[-2] is negative", [] { uniform(g, {-2}); });
  expect_invalid("uniform: extent -1 of f32[-1] is negative", [] { bernoulli(g, 0.5, {-1}); });
  expect_invalid("randint: needs low < high, got 5 and 5", [] { randint(g, 5, 5, {2}); });
  expect_invalid("permutation: extent -1 of i64[-1] is negative", [] { permutation(g, -1); });
}

TEST(ArgumentErrors, Shapes) {
  expect_invalid("reshape: f32[2,3] does not have the elements of [-1,0]",
                 [] { reshape(a, {-1, 0}); });
  expect_invalid("reshape: f32[2,3] does not have the elements of f32[4611686018427387904,4]",
                 [] { reshape(a, {std::int64_t{1} << 62, 4}); });
  expect_invalid("broadcast_to: f32[2,3] does not broadcast to f32[-1,3]",
                 [] { broadcast_to(a, {-1, 3}); });
  expect_invalid("broadcast_to: f32[2,3] does not broadcast to f32[2,4]",
                 [] { expand(a, {2, 4}); });
  expect_invalid("tile: cannot repeat -1 times", [] { tile(a, {-1}); });
  expect_invalid("repeat: cannot repeat -2 times", [] { repeat(a, -2, 0); });
  expect_invalid("roll: axis 2 is out of range for f32[2,3]", [] { roll(a, 1, {2}); });
  expect_invalid("roll: 2 shifts for 1 axes", [] { roll(a, {1, 2}, {0}); });
  expect_invalid("flip: axis 0 is repeated", [] { flip(a, {0, 0}); });
  expect_invalid("moveaxis: axis 2 is out of range for f32[2,3]", [] { moveaxis(a, {0}, {2}); });
  expect_invalid("swapaxes: axis 2 is out of range for f32[2,3]", [] { swapaxes(a, 0, 2); });
  expect_invalid("unflatten: axis 1 of f32[2,3] does not divide into f32[2,2]",
                 [] { unflatten(a, 1, {2, 2}); });
  expect_invalid("chunk: cannot make -1 chunks", [] { chunk(a, -1); });
  expect_invalid("split: an axis of 3 does not divide into 2 equal parts", [] { split(a, 2, 1); });
  expect_invalid("unstack: axis 3 is out of range for f32[2,3]", [] { unstack(a, 3); });
  expect_invalid("concat: extents differ off axis 0: operand 0 f32[1,2,3], operand 1 f32[1,3]",
                 [] { stack({a, v}); });
  expect_invalid("concat: extents differ off axis 1: operand 0 f32[2,3], operand 1 f32[1,3]",
                 [] { concat({a, ints.astype(DType::i32)(slice(0, 1))}, 1); });
  expect_invalid("diagonal: needs two axes, got f32[3]", [] { diagonal(v); });
  expect_invalid("tril: needs two axes, got f32[3]", [] { tril(v); });
  expect_invalid("meshgrid: needs tensors of rank 1, got f32[2,3]", [] { meshgrid({a}); });
  expect_invalid("expand_dims: axis 5 is out of range for f32[2,3]", [] { expand_dims(a, 5); });
  expect_invalid("squeeze: axis 0 of f32[2,3] does not have extent 1", [] { squeeze(a, {0}); });
  expect_invalid("permute_dims: 1 axes are given for f32[2,3]", [] { permute_dims(a, {0}); });
}

TEST(ArgumentErrors, Padding) {
  expect_invalid("pad: extents must not be negative, got -1", [] { pad(a, {-1, 0}, {0, 0}); });
  expect_invalid("pad: 1 extents in front, 1 behind and 2 between for f32[2,3]",
                 [] { pad(a, {0}, {0}); });
  expect_invalid("pad: the result for f32[2,3] is too large",
                 [] { pad(a, {INT64_MAX, 0}, {1, 0}); });
  expect_invalid("pad_reflect: axis 1 of f32[2,0] has no elements",
                 [] { pad_reflect(none, {0, 1}, {0, 0}); });
  expect_invalid("pad_circular: axis 1 of f32[2,0] has no elements",
                 [] { pad_circular(none, {0, 1}, {0, 0}); });
  expect_invalid("pad_replicate: axis 1 of f32[2,0] has no elements",
                 [] { pad_replicate(none, {0, 1}, {0, 0}); });
  expect_invalid(
      "windows: windows of 5 elements, stride 1 and dilation 1 do not fit axis 0 of f32[2,3]",
      [] { windows(a, 0, {5}); });
  expect_invalid("fold: 2 windows of 3 elements, stride 1 and dilation 1 do not fit axis 0 of "
                 "extent 9, for f32[2,3]",
                 [] { fold(a, 0, {9}); });
  expect_invalid("max_pool: windows of 7 elements, stride 7, padding 0 and dilation 1 do not fit "
                 "axis 1 of f32[2,3]; padding is at most half of the window",
                 [] { max_pool(a, {7}); });
  expect_invalid("slice_update: f32[3] at 2 places does not fit f32[2,3]",
                 [] { slice_update(a, v, {0, 0}); });
  expect_invalid("slice_update: start 1 with 2 elements and step 1 leaves axis 0 of f32[2,3]",
                 [] { slice_update(a, a, {1, 0}); });
}

TEST(ArgumentErrors, Indices) {
  expect_invalid("take: index 2 is out of range: indices must be in [-2, 2)",
                 [] { take(a, places, 0); });
  expect_invalid("take: index f32[3] must be a tensor of integers", [] { take(a, v, 0); });
  expect_invalid("take_along_axis: extents differ off axis 0: x f32[2,3], index i64[3]",
                 [] { take_along_axis(a, places, 0); });
  expect_invalid("one_hot: index 2 is out of range: indices must be in [0, 2)",
                 [] { one_hot(places, 2); });
  expect_invalid("one_hot: depth -1 is negative", [] { one_hot(places, -1); });
  expect_invalid(
      "scatter: updates must have shape f32[3,3]: x f32[2,3], index i64[3], updates f32[2,3]",
      [] { scatter(a, places, a); });
  expect_invalid("scatter_along_axis: there must be an index for every update: x f32[2,3], index "
                 "i64[2,3], updates f32[3]",
                 [] { scatter_along_axis(a, ints, v, 0); });
  expect_invalid("index: 5 is out of range for axis 0 of f32[2,3]", [] { a(5); });
  expect_invalid("index: 3 indices for f32[2,3]", [] { a(0, 0, 0); });
  expect_invalid("index: 0 indices and two ellipses for f32[2,3]", [] { a(ellipsis, ellipsis); });
  expect_invalid("slice: step must not be 0", [] { a(slice(0, 1, 0)); });
  expect_invalid("embedding: needs weights [rows,width], got f32[3]", [] { embedding(v, places); });
}

TEST(ArgumentErrors, Orders) {
  expect_invalid("sort: axis 2 is out of range for f32[2,3]", [] { sort(a, 2); });
  expect_invalid("argsort: axis -1 is out of range for f32[]", [] { argsort(Tensor(1.0)); });
  expect_invalid("top_k: k = 4 is not in [0, 3], the extent of axis 1 of f32[2,3]",
                 [] { top_k(a, 4); });
  expect_invalid("top_k: k = -1 is not in [0, 3], the extent of axis 1 of f32[2,3]",
                 [] { top_k(a, -1); });
  expect_invalid("kthvalue: k = 0 is not in [1, 3], the extent of axis 1 of f32[2,3]",
                 [] { kthvalue(a, 0); });
  expect_invalid("median: no elements to choose from: f32[2,0]", [] { median(none, 1); });
  expect_invalid("quantile: q = 2.000000 is not in [0, 1]", [] { quantile(a, 2.0); });
  expect_invalid("searchsorted: x must have one axis: f32[2,3]", [] { searchsorted(a, v); });
  expect_invalid("nonzero: size -1 is negative", [] { nonzero(a, -1, 0); });
  expect_invalid("histogram: needs a tensor, got a number", [] { histogram(a, 0); });
}

TEST(ArgumentErrors, Reductions) {
  expect_invalid("max: no elements to choose from: f32[2,0]", [] { max(none, 1); });
  expect_invalid("argmin: no elements to choose from: f32[2,0]", [] { argmin(none, 1); });
  expect_invalid("sum: axis 0 is repeated", [] { sum(a, {.axis = {0, 0}}); });
  expect_invalid("cumulative_sum: needs an axis for f32[2,3]", [] { cumulative_sum(a); });
  expect_invalid("cumulative_prod: axis 3 is out of range for f32[2,3]",
                 [] { cumulative_prod(a, 3); });
  expect_invalid("linear_scan: shapes differ: lhs f32[2,3], rhs f32[3]", [] { linear_scan(a, v); });
  expect_invalid("diff: axis 2 is out of range for f32[2,3]", [] { diff(a, 2); });
  expect_invalid("logsumexp: axis 5 is out of range for f32[2,3]", [] { logsumexp(a, 5); });
}

TEST(ArgumentErrors, Products) {
  expect_invalid("matmul: inner dimensions differ: lhs f32[2,3], rhs f32[2,3]",
                 [] { matmul(a, a); });
  expect_invalid("vecdot: last axes differ: lhs f32[2,3], rhs f32[2]",
                 [] { vecdot(a, zeros({2})); });
  expect_invalid("einsum: \"ij,jk\": 2 terms for 1 tensors", [] { einsum("ij,jk", {a}); });
  expect_invalid("einsum: \"i->jj\": label 'j' of the result is in no term",
                 [] { einsum("i->jj", {v}); });
  expect_invalid("einsum: \"ij->k\": label 'k' of the result is in no term",
                 [] { einsum("ij->k", {a}); });
  expect_invalid("einsum: \"i1,1\", position 1: expected a letter, '...', ',' or '->'",
                 [] { einsum("i1,1", {a, v}); });
  expect_invalid("einsum: \"ij,ij->\": term 1 has 2 labels for 1 axes",
                 [] { einsum("ij,ij->", {a, places}); });
  expect_invalid("einsum: \"i...j...\", position 5: a second ellipsis in one term",
                 [] { einsum("i...j...", {a}); });
  expect_invalid("tensordot: axes to sum over differ: 1 of f32[2,3], 1 of f32[2,3]",
                 [] { tensordot(a, a, 1); });
  expect_invalid("tensordot: 3 axes of f32[2,3] and f32[2,3]", [] { tensordot(a, a, 3); });
  expect_invalid("cross: needs vectors of 3 elements along axis -1, got f32[2,2]",
                 [] { cross(a, zeros({2, 2})); });
  expect_invalid("kron: operand is an empty tensor", [] { kron(a, Tensor()); });
  expect_invalid("trace: needs two axes, got f32[3]", [] { trace(v); });
}

TEST(ArgumentErrors, Layers) {
  expect_invalid("softmax: axis 2 is out of range for f32[2,3]", [] { softmax(a, 2); });
  expect_invalid("layer_norm: gamma and beta must have the last axis of x: x f32[2,3], gamma "
                 "f32[2], beta f32[3], eps a number",
                 [] { layer_norm(a, zeros({2}), v); });
  expect_invalid("cross_entropy: labels that are probabilities need the shape of the logits, got "
                 "f32[2,3] and f32[3]",
                 [] { cross_entropy(a, v); });
  expect_invalid("glu: axis 1 of f32[2,3] is odd", [] { glu(a); });
  expect_invalid("group_norm: the channels of f32[2,3] do not divide into 2 groups",
                 [] { group_norm(a, 2, v, v); });
  expect_invalid("interpolate: needs [n,channels,...] and a size or a scale for each axis behind, "
                 "got f32[2,3], 0 sizes and 0 scales",
                 [] { interpolate(a, {}); });
  expect_invalid("pixel_shuffle: the channels of f32[2,3] are no multiple of 2 squared",
                 [] { pixel_shuffle(a, 2); });
  expect_invalid("dropout: the probability must be in [0, 1], got -1.000000",
                 [] { dropout(a, -1); });
  expect_invalid("vector_norm: axis 2 is out of range for f32[2,3]", [] { vector_norm(a, 2); });
  expect_invalid("cdist: needs rows of one length, got f32[2,3] and f32[2,4]",
                 [] { cdist(a, zeros({2, 4})); });
  expect_invalid("cosine_similarity: shapes f32[2,3] and f32[5] do not broadcast",
                 [] { cosine_similarity(a, zeros({5})); });
}

TEST(ArgumentErrors, Elements) {
  expect_invalid("left_shift: dtype f32 is not accepted: lhs f32[2,3]", [] { a << 1; });
  expect_invalid("bitwise_and: dtype f32 is not accepted: lhs f32[2,3]", [] { a & 1; });
  expect_invalid("clip: shapes do not broadcast: x f32[2,3], low f32[5], high a number",
                 [] { clip(a, zeros({5}), 1); });
  expect_invalid("where: the condition must be bool: condition f32[2,3], x f32[2,3], y f32[2,3]",
                 [] { where(a, a, a); });
  expect_invalid("astype: dtype f16 is not supported", [] { astype(a, DType::f16); });
  expect_invalid("bitwise_invert: dtype f32 is not accepted: x f32[2,3]",
                 [] { bitwise_invert(a); });
}

} // namespace
} // namespace jit
