// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Index operands that are not computed yet: whether their making proves that they are in range.
#pragma once

#include "runtime/kernels/Execute.h"
#include "runtime/trace/Graph.h"

#include <algorithm>

namespace jit {

/// How a value came about.
struct ValueMaker {
  OpKind op;
  std::span<const OperandCode> operands;
};

/// Whether every element is in [0, bound): views, casts between integers and joins of ready tensors
/// carry the ranges of their bases. `Source` has maker(value), input(k) -> Impl & and
/// integral(code).
template <class Source>
bool provably_within(const Source &source, OperandCode code, std::int64_t bound) {
  if (code.kind() == OperandCode::input) {
    const IndexRange range = known_range(source.input(code.index()));
    return range.min > range.max || (range.min >= 0 && range.max < bound);
  }
  if (code.kind() != OperandCode::value)
    return false;
  const ValueMaker maker = source.maker(code.index());
  switch (info(maker.op).family) {
  case Family::movement:
    return std::all_of(maker.operands.begin(), maker.operands.end(), [&](OperandCode operand) {
      return provably_within(source, operand, bound);
    });
  case Family::elementwise:
    return maker.op == OpKind::astype && source.integral(code) &&
           source.integral(maker.operands[0]) && provably_within(source, maker.operands[0], bound);
  case Family::index:
    return maker.op == OpKind::take && provably_within(source, maker.operands[0], bound);
  case Family::view:
    return provably_within(source, maker.operands[0], bound);
  case Family::reduction:
  case Family::row:
  case Family::contraction:
  case Family::creation:
    return false;
  }
  return false;
}

/// Exclusive bound of the op's index operand.
std::int64_t index_bound(OpKind op, AttrWords attrs, std::span<const Argument> arguments);

} // namespace jit
