// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Index operands that are not computed yet: whether their making proves that they are in range.
#pragma once

#include "runtime/kernels/Execute.h"
#include "runtime/trace/Graph.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace jit {

/// How a value came about.
struct ValueMaker {
  OpKind op;
  const Attr *attrs;
  std::span<const OperandCode> operands;
};

/// The range of a value that its op bounds by itself: places found, permutations, counts, and truth
/// as numbers. `source` is that of an op's first operand, null if it has none.
std::optional<IndexRange> own_range(const ValueMaker &maker, const Meta &result,
                                    const Meta *source);

/// The largest number of an integer dtype.
constexpr std::int64_t most_of(DType dtype) noexcept {
  const auto bits = 8 * itemsize(dtype) - !is_unsigned(dtype);
  return static_cast<std::int64_t>((std::uint64_t{1} << bits) - 1);
}

/// Whether a cast may change integers of [0, bound): those that do not fit wrap.
inline bool may_wrap(const Meta &from, const Meta &to, std::int64_t bound) noexcept {
  return most_of(to.dtype) < std::min(bound - 1, most_of(from.dtype));
}

/// The operands whose elements a value has, all integers: views, casts between integers, joins and
/// `take` carry ranges on. Empty: nothing is known. `Source` has maker(value), input(k) -> Impl &,
/// and meta(code), null for a number.
template <class Source>
std::span<const OperandCode> bases_of(const Source &source, OperandCode value) {
  const ValueMaker maker = source.maker(value.index());
  switch (info(maker.op).family) {
  case Family::movement:
    return maker.operands;
  case Family::elementwise:
    if (maker.op != OpKind::astype || !is_integer(source.meta(value)->dtype) ||
        !is_integer(source.meta(maker.operands[0])->dtype))
      return {};
    return maker.operands.first(1);
  case Family::index:
    return maker.op == OpKind::take ? maker.operands.first(1) : std::span<const OperandCode>();
  case Family::view:
    return maker.operands.first(1);
  case Family::reduction:
  case Family::row:
  case Family::contraction:
  case Family::creation:
    return {};
  }
  return {};
}

/// Whether every element is in [0, bound), as far as ready tensors prove it.
template <class Source>
bool provably_within(const Source &source, OperandCode code, std::int64_t bound) {
  // A heap. Operands have smaller numbers than what is made of them, so each value comes up once,
  // however often it is used.
  std::vector<std::uint32_t> waiting;
  const auto fits = [&](const IndexRange &range) {
    return range.min > range.max || (range.min >= 0 && range.max < bound);
  };
  const auto fits_or_waits = [&](OperandCode one) {
    if (one.kind() == OperandCode::input)
      return fits(known_range(source.input(one.index())));
    waiting.push_back(one.index());
    std::push_heap(waiting.begin(), waiting.end());
    return one.kind() == OperandCode::value;
  };
  if (!fits_or_waits(code))
    return false;
  while (!waiting.empty()) {
    const std::uint32_t next = waiting.front();
    while (!waiting.empty() && waiting.front() == next) {
      std::pop_heap(waiting.begin(), waiting.end());
      waiting.pop_back();
    }
    const OperandCode made(OperandCode::value, next);
    const ValueMaker maker = source.maker(next);
    const Meta *first = maker.operands.empty() ? nullptr : source.meta(maker.operands[0]);
    if (const auto range = own_range(maker, *source.meta(made), first)) {
      if (!fits(*range))
        return false;
      continue;
    }
    if (maker.op == OpKind::astype && first && may_wrap(*first, *source.meta(made), bound))
      return false;
    const std::span<const OperandCode> bases = bases_of(source, made);
    if (bases.empty() || !std::all_of(bases.begin(), bases.end(), fits_or_waits))
      return false;
  }
  return true;
}

/// Exclusive bound of the op's index operand.
std::int64_t index_bound(OpKind op, AttrWords attrs, std::span<const Argument> arguments);

} // namespace jit
