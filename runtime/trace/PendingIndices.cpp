// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/trace/PendingIndices.h"

namespace jit {

/// start, start + step, ... of an arange of integers; nothing if that is not to be said.
static std::optional<IndexRange> range_of_arange(const Attr &attrs, const Meta &result) {
  if (result.dtype != DType::i64)
    return std::nullopt;
  if (result.size == 0)
    return IndexRange{0, -1};
  AttrReader reader{AttrWords(attrs.words)};
  const std::int64_t start = reader.integer();
  static_cast<void>(reader.integer()); // stop
  const std::int64_t step = reader.integer();
  std::int64_t last = 0;
  if (__builtin_mul_overflow(step, result.size - 1, &last) ||
      __builtin_add_overflow(last, start, &last))
    return std::nullopt;
  return IndexRange{std::min(start, last), std::max(start, last)};
}

std::optional<IndexRange> own_range(const ValueMaker &maker, const Meta &result,
                                    const Meta *source) {
  switch (maker.op) {
  case OpKind::argmax:
  case OpKind::argmin: // a place among the elements that are reduced to one
    if (result.size == 0)
      return IndexRange{0, -1};
    return IndexRange{0, source->size / result.size - 1};
  case OpKind::sort: // places along the axis; elements are those of the operand
    if (maker.result == 0 || !maker.attrs)
      return std::nullopt;
    return IndexRange{0, source->dims()[static_cast<std::size_t>(maker.attrs->words[0])] - 1};
  case OpKind::searchsorted:
    return IndexRange{0, source->size};
  case OpKind::permutation:
    return IndexRange{0, result.size - 1};
  case OpKind::arange:
    return maker.attrs ? range_of_arange(*maker.attrs, result) : std::nullopt;
  case OpKind::astype:
    if (source && source->dtype == DType::boolean && is_integer(result.dtype))
      return IndexRange{0, 1};
    return std::nullopt;
  default:
    return std::nullopt;
  }
}

} // namespace jit
