// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes, axes and dtypes that do not fit.
#include "test/errors/Expect.h"

namespace jit {
namespace {

const Tensor a = zeros({2, 3}), b = zeros({4, 5}), v = zeros({3}), s = zeros({});
const Tensor ints = zeros({2, 3}, DType::i64), truths = zeros({2, 3}, DType::boolean);

TEST(ShapeErrors, Broadcast) {
  expect_invalid("add: shapes do not broadcast: lhs f32[2,3], rhs f32[4,5]", [] { a + b; });
  expect_invalid("where: shapes do not broadcast: condition bool[2,3], x f32[4,5], y f32[3]",
                 [] { where(truths, b, v); });
  expect_invalid("broadcast_to: f32[2,3] does not broadcast to f32[2,4]",
                 [] { broadcast_to(a, {2, 4}); });
  expect_invalid("subtract: shapes do not broadcast: lhs f32[2,3], rhs f32[4,5]",
                 [] { mse(a, b); });
}

TEST(ShapeErrors, Contraction) {
  expect_invalid("matmul: inner dimensions differ: lhs f32[2,3], rhs f32[4,5]",
                 [] { matmul(a, b); });
  expect_invalid("matmul: operands must have at least one axis: lhs f32[], rhs f32[2,3]",
                 [] { matmul(s, a); });
  expect_invalid("matmul: batch axes do not broadcast: lhs f32[2,1,3], rhs f32[3,3,1]",
                 [] { matmul(zeros({2, 1, 3}), zeros({3, 3, 1})); });
  expect_invalid("vecdot: last axes differ: lhs f32[2,3], rhs f32[4,5]", [] { vecdot(a, b); });
}

TEST(ShapeErrors, Axes) {
  expect_invalid("sum: axis 2 is out of range for f32[2,3]", [] { sum(a, {.axis = 2}); });
  expect_invalid("sum: axis -3 is out of range for f32[2,3]", [] { sum(a, {.axis = -3}); });
  expect_invalid("sum: axis -1 is repeated", [] { sum(a, {.axis = {1, -1}}); });
  expect_invalid("softmax: axis 0 is out of range for f32[]", [] { softmax(s, 0); });
  expect_invalid("permute_dims: axis 0 is repeated", [] { permute_dims(a, {0, 0}); });
  expect_invalid("permute_dims: 1 axes are given for f32[2,3]", [] { permute_dims(a, {0}); });
  expect_invalid("squeeze: axis 0 of f32[2,3] does not have extent 1", [] { squeeze(a, 0); });
  expect_invalid("expand_dims: axis 4 is out of range for f32[2,3]", [] { expand_dims(a, 4); });
  expect_invalid("concat: axis 2 is out of range for f32[2,3]", [] { concat({a, a}, 2); });
  expect_invalid("take: axis 5 is out of range for f32[2,3]", [] { take(a, arange(2), 5); });
}

TEST(ShapeErrors, Reshape) {
  expect_invalid("reshape: f32[2,3] does not have the elements of f32[7]", [] { reshape(a, {7}); });
  expect_invalid("reshape: f32[2,3] does not have the elements of [-1,4]",
                 [] { reshape(a, {-1, 4}); });
  expect_invalid("reshape: only one extent may be -1", [] { reshape(a, {-1, -1}); });
  expect_invalid("reshape: f32[2,3] does not have the elements of f32[-2,3]",
                 [] { reshape(a, {-2, 3}); });
  expect_invalid("concat: extents differ off axis 0: operand 0 f32[2,3], operand 1 f32[4,5]",
                 [] { concat({a, b}, 0); });
  expect_invalid("concat: needs at least one tensor", [] { concat({}, 0); });
  expect_invalid("expand_dims: the result would have more than 8 axes: f32[1,1,1,1,1,1,1,1]",
                 [] { expand_dims(zeros({1, 1, 1, 1, 1, 1, 1, 1}), 0); });
  expect_invalid("a list of dimensions has 9 entries, at most 8 are allowed",
                 [] { zeros({1, 1, 1, 1, 1, 1, 1, 1, 1}); });
}

TEST(ShapeErrors, DTypes) {
  expect_invalid("astype: dtype f16 is not supported", [] { astype(a, DType::f16); });
  expect_invalid("full: dtype bf16 is not supported", [] { zeros({2}, DType::bf16); });
  expect_invalid("matmul: dtype bool is not accepted: lhs bool[2,3]",
                 [] { matmul(truths, truths); });
  expect_invalid("uniform: dtype i64 is not accepted", [] {
    Generator generator(1);
    uniform(generator, {2}, DType::i64);
  });
  expect_invalid("take: index f32[3] must be a tensor of integers", [] { take(a, v, 0); });
  expect_invalid("max: option dtype is for sum, prod and mean only",
                 [] { max(a, {.dtype = DType::f64}); });
}

TEST(ShapeErrors, Empty) {
  const Tensor empty;
  expect_invalid("exp: operand is an empty tensor", [&] { exp(empty); });
  expect_invalid("add: operand is an empty tensor", [&] { 1 + empty; });
  expect_invalid("sum: operand is an empty tensor", [&] { sum(empty); });
  expect_invalid("shape: operand is an empty tensor", [&] { empty.shape(); });
  expect_invalid("item: operand is an empty tensor", [&] { empty.item<float>(); });
  expect_invalid("Variable: operand is an empty tensor", [&] { Variable{empty}; });
  expect_invalid("concat: operand is an empty tensor", [&] { concat({a, empty}, 0); });
}

TEST(ShapeErrors, NoElements) {
  expect_invalid("max: no elements to choose from: f32[0]", [] { max(zeros({0})); });
  expect_invalid("argmax: no elements to choose from: f32[2,0]",
                 [] { argmax(zeros({2, 0}), {.axis = 1}); });
}

/// The one error of a tensor without a line: a conversion has no room for it.
TEST(ShapeErrors, Conditions) {
  std::string message;
  try {
    message = truths ? "true" : "false";
  } catch (const Error &error) {
    message = error.what();
  }
  EXPECT_EQ(message,
            "item: needs a tensor of one element, got bool[2,3]; any and all make one of many");
}

TEST(ShapeErrors, Reading) {
  expect_invalid("item: needs a tensor of one element, got f32[2,3]", [] { a.item<float>(); });
  expect_invalid("item: needs a tensor of one element, got f32[0]",
                 [] { zeros({0}).item<float>(); });
  expect_invalid("data: f32[2,3] read as f64; convert it with astype first",
                 [] { a.data<double>(); });
  expect_invalid("data: f32[3,2] is not contiguous; use contiguous() or to_vector", [] {
    const Tensor flipped = permute_dims(a, {1, 0});
    flipped.data<float>();
  });
  expect_invalid("to_vector: f32[2,3] read as i64; convert it with astype first",
                 [] { a.to_vector<std::int64_t>(); });
}

TEST(ShapeErrors, UserMemory) {
  expect_invalid("copy_of: 2 elements given for f32[3] of 3",
                 [] { Tensor::copy_of<float>({1, 2}, {3}); });
  expect_invalid("adopt: 1 elements given for f64[2] of 2",
                 [] { Tensor::adopt(std::vector<double>{1}, {2}); });
  expect_invalid(
      "copy_of: shape f32[-1] has a negative extent or more bytes than 64 bits can count",
      [] { Tensor::copy_of<float>({1}, {-1}); });
}

TEST(ShapeErrors, Variables) {
  Variable weight(ones({2, 3}), {.name = "w"});
  expect_invalid(
      "Variable w: assigned f32[3], but it holds f32[2,3]; shape, dtype and device never change",
      [&] { weight = v; });
  expect_invalid(
      "Variable w: assigned i64[2,3], but it holds f32[2,3]; shape, dtype and device never change",
      [&] { weight = ints; });
  expect_invalid("Variable assignment: operand is an empty tensor", [&] { weight = Tensor(); });
  EXPECT_EQ(sum(weight).item<float>(), 6);
}

TEST(ShapeErrors, Losses) {
  expect_invalid(
      "cross_entropy: needs logits [n,classes,...] and labels [n,...], got f32[2,3] and i64[3]",
      [] { cross_entropy(a, arange(3)); });
}

} // namespace
} // namespace jit
