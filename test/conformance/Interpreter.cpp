// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/conformance/Interpreter.h"
#include "runtime/ops/Attributes.h"
#include "test/conformance/Elements.h"

#include <cstdlib>
#include <sstream>

namespace jit::conformance {

Value::Value(DType dtype, Dims dims) : dtype(dtype), dims(dims) {
  bytes.resize(static_cast<std::size_t>(size()) * itemsize(dtype));
}

std::int64_t Value::size() const {
  std::int64_t product = 1;
  for (std::int64_t dim : static_cast<Dims>(dims))
    product *= dim;
  return product;
}

namespace {

/// Attributes of a step of a body: over the row axis, which stays.
std::vector<std::int64_t> step_attrs(const OpInfo &op, std::int64_t axis, DType dtype) {
  std::vector<std::int64_t> words;
  for (const AttrField &field : op.attrs) {
    if (field.name == "axis") {
      words.push_back(1);
      words.push_back(axis);
    } else if (field.name == "keepdims") {
      words.push_back(1);
    } else {
      words.push_back(field.kind == AttrKind::dtype ? static_cast<std::int64_t>(dtype) : 0);
    }
  }
  return words;
}

/// The body's ops one by one over the whole tensor.
Value interpret_row(const OpInfo &op, AttrWords attrs, const std::vector<Value> &operands,
                    const ResultType &type) {
  const std::int64_t axis = AttrReader(attrs).integer();
  if (Value empty(type.dtype, type.dims); empty.size() == 0)
    return empty; // an empty row has no maximum, but nobody asks for it
  std::vector<std::vector<Value>> steps;
  for (const BodyStep &step : op.body) {
    std::vector<Value> inputs;
    for (const BodyOperand &operand : step.operands)
      inputs.push_back(operand.kind == BodyOperand::operand ? operands[operand.index]
                       : operand.kind == BodyOperand::step  ? steps[operand.index][operand.result]
                                                            : Value(Scalar(operand.value)));
    const auto words = step_attrs(info(step.op), axis, type.dtype);
    steps.push_back(interpret(step.op, words, inputs));
  }
  Value result = steps.back()[0];
  result.dims = type.dims; // a reduction drops the axis
  return result;
}

} // namespace

std::vector<Value> interpret(OpKind kind, AttrWords attrs, const std::vector<Value> &operands) {
  const OpInfo &op = info(kind);
  std::vector<OperandType> types;
  for (const Value &operand : operands)
    types.push_back({operand.is_number ? nullptr : intern_contiguous(operand.dtype, operand.dims),
                     operand.number.kind()});
  Inferred inferred;
  if (auto message = infer({kind, attrs, types}, inferred))
    throw std::runtime_error(*message);
  const ResultType &type = inferred.results[0];
  switch (op.family) {
  case Family::elementwise:
    return {interpret_elementwise(op, attrs, operands, type)};
  case Family::reduction:
    return interpret_reduction(op, attrs, operands[0], inferred);
  case Family::row:
    return {interpret_row(op, attrs, operands, type)};
  case Family::contraction:
    return {interpret_contraction(op, operands, type)};
  case Family::scan:
    return {interpret_scan(op, attrs, operands, type)};
  case Family::sort:
    return interpret_sort(op, attrs, operands, inferred);
  case Family::movement:
    return {interpret_movement(op, attrs, operands, type)};
  case Family::index:
    return {interpret_index(op, attrs, operands, type)};
  case Family::creation:
    return {interpret_creation(op, attrs, operands, type)};
  case Family::view:
    break;
  }
  Value copy(type.dtype, type.dims); // reshape: the only view that may copy
  copy.bytes = operands[0].bytes;
  return {copy};
}

std::string difference(const Value &expected, const Value &got) {
  if (expected.bytes == got.bytes)
    return {};
  const std::int64_t size = expected.size();
  return visit(expected.dtype, [&](auto type) -> std::string {
    using T = decltype(type);
    for (std::int64_t i = 0; i < size; ++i) {
      const T a = expected.at<T>(i), b = got.at<T>(i);
      if (std::memcmp(&a, &b, sizeof(T)) == 0 || (a != a && b != b))
        continue;
      const auto x = static_cast<double>(a), y = static_cast<double>(b);
      std::ostringstream text;
      text << "element " << i << ": expected " << std::hexfloat << x << ", got " << y
           << std::defaultfloat << " (" << x << ", " << y << ")";
      return text.str();
    }
    return {};
  });
}

} // namespace jit::conformance
