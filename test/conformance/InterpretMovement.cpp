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

/// Every element of the result looks for itself at all places in windows.
Value folded(const FoldAttrs &fold, const Value &from, const ResultType &type) {
  Value result(type.dtype, type.dims);
  const std::size_t rank = type.dims.size();
  std::vector<std::int64_t> index(rank);
  DimList taps;
  for (std::size_t i = rank; i < from.dims.size(); ++i)
    taps.push_back(from.dims[i]);
  for (std::int64_t i = 0; i < result.size(); ++i, next_index(index, type.dims))
    visit(type.dtype, [&](auto t) {
      using T = std::conditional_t<std::is_same_v<decltype(t), bool>, std::uint8_t, decltype(t)>;
      T sum = 0;
      std::vector<std::int64_t> tap(taps.size());
      std::int64_t places = 1;
      for (const std::int64_t extent : taps)
        places *= extent;
      for (std::int64_t k = 0; k < places; ++k, next_index(tap, taps)) {
        std::vector<std::int64_t> at = index;
        bool inside = true;
        for (std::size_t j = 0; j < taps.size(); ++j) {
          std::int64_t &place = at[static_cast<std::size_t>(fold.axes[j])];
          place -= tap[j] * fold.dilation[j];
          inside &= place >= 0 && place % fold.stride[j] == 0;
          place /= fold.stride[j];
          inside &= place < from.dims[static_cast<std::size_t>(fold.axes[j])];
        }
        at.insert(at.end(), tap.begin(), tap.end());
        if (inside)
          sum = static_cast<T>(sum + element<T>(from, flat(at, from.dims)));
      }
      result.set(i, static_cast<decltype(t)>(sum));
    });
  return result;
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
  case OpKind::fold:
    return folded(FoldAttrs::decode(attrs), operands[0], type);
  default:
    std::abort();
  }
}

} // namespace jit::conformance
