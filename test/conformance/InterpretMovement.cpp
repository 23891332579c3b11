// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Movement ops of the interpreter: element by element to where it goes.
#include "runtime/ops/Attributes.h"
#include "test/conformance/Elements.h"

namespace jit::conformance {

namespace {

/// Element i of `from` along every axis goes to start + i * step.
void put(Value &result, const Value &from, Dims start, Dims step) {
  std::vector<std::int64_t> index(from.dims.size());
  for (std::int64_t i = 0; i < from.size(); ++i, next_index(index, from.dims)) {
    std::vector<std::int64_t> to = index;
    for (std::size_t axis = 0; axis < to.size(); ++axis)
      to[axis] = start[axis] + index[axis] * step[axis];
    visit(result.dtype,
          [&](auto t) { result.set(flat(to, result.dims), element<decltype(t)>(from, i)); });
  }
}

} // namespace

Value interpret_movement(const OpInfo &op, AttrWords attrs, const std::vector<Value> &operands,
                         const ResultType &type) {
  Value result(type.dtype, type.dims);
  std::vector<std::int64_t> start(type.dims.size()), step(type.dims.size(), 1);
  switch (op.kind) {
  case OpKind::concat: {
    const auto axis = static_cast<std::size_t>(AttrReader(attrs).integer());
    for (const Value &operand : operands) {
      put(result, operand, start, step);
      start[axis] += operand.dims[axis];
    }
    return result;
  }
  case OpKind::slice_update:
    result.bytes = operands[0].bytes;
    for (std::size_t i = 0; i < start.size(); ++i)
      start[i] = operands[2 + i].number.as_int();
    put(result, operands[1], start, SliceUpdateAttrs::decode(attrs).steps);
    return result;
  case OpKind::pad: {
    const PadAttrs pad = PadAttrs::decode(attrs);
    for (std::size_t i = 0; i < step.size(); ++i)
      step[i] = pad.interior[i] + 1;
    for (std::int64_t i = 0; i < result.size(); ++i)
      visit(type.dtype, [&](auto t) { result.set(i, element<decltype(t)>(operands[1], 0)); });
    put(result, operands[0], pad.low, step);
    return result;
  }
  default:
    std::abort();
  }
}

} // namespace jit::conformance
