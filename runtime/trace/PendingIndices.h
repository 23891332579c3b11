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
  std::uint32_t result = 0; ///< which of the op's results it is
};

/// The range of a value that its op bounds by itself: places found, permutations, counts, and truth
/// as numbers. `source` is that of an op's first operand, null if it has none.
std::optional<IndexRange> own_range(const ValueMaker &maker, const Meta &result,
                                    const Meta *source);

/// The integers that a cast to this dtype leaves as they are: others wrap.
inline IndexRange kept_by_cast(DType to) noexcept {
  const auto bits = 8 * itemsize(to) - !is_unsigned(to);
  const auto most = static_cast<std::int64_t>((std::uint64_t{1} << bits) - 1);
  return {is_unsigned(to) ? 0 : -most - 1, most};
}

/// The operands whose elements a value has, all integers: views, casts between integers, `take`,
/// and movement but for sums of windows carry ranges on. Empty: nothing is known. `Source` has
/// maker(value), input(k) -> Impl &, and meta(code), null for a number.
template <class Source>
std::span<const OperandCode> bases_of(const Source &source, OperandCode value) {
  const ValueMaker maker = source.maker(value.index());
  switch (info(maker.op).family) {
  case Family::movement:
    return maker.op == OpKind::fold ? std::span<const OperandCode>() : maker.operands;
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
  case Family::scan:
  case Family::contraction:
  case Family::creation:
    return {};
  case Family::sort:
    return maker.op == OpKind::sort ? maker.operands.first(1) : std::span<const OperandCode>();
  }
  return {};
}

/// Whether every element is in `allowed`, as far as ready tensors prove it.
template <class Source>
bool provably_within(const Source &source, OperandCode code, IndexRange allowed) {
  // A heap. Operands have smaller numbers than what is made of them, so each value comes up once,
  // however often it is used.
  std::vector<std::uint32_t> waiting;
  const auto fits = [&](const IndexRange &range) { return range.is_within(allowed); };
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
    if (maker.op == OpKind::astype) {
      const IndexRange kept = kept_by_cast(source.meta(made)->dtype);
      allowed = {std::max(allowed.min, kept.min), std::min(allowed.max, kept.max)};
    }
    const std::span<const OperandCode> bases = bases_of(source, made);
    if (bases.empty() || !std::all_of(bases.begin(), bases.end(), fits_or_waits))
      return false;
  }
  return true;
}

} // namespace jit
