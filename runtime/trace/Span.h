// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The block that a strided tensor addresses, for tensors described by files.
#pragma once

#include "runtime/base/Meta.h"

#include <optional>

namespace jit {

/// Elements of the least block that holds all elements, and where in it element [0, ..., 0] lies.
struct Span {
  std::int64_t elements, origin;
};

/// Nothing if the bytes of the block do not fit 63 bits. Precondition: checked_size holds and there
/// is a stride for every extent.
inline std::optional<Span> span_of(DType dtype, Dims dims, Dims strides) noexcept {
  std::int64_t below = 0, above = 0, bytes;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0)
      return Span{0, 0};
    std::int64_t reach;
    if (dims[i] == 1)
      continue;
    std::int64_t &side = strides[i] < 0 ? below : above;
    if (__builtin_mul_overflow(dims[i] - 1, strides[i], &reach) ||
        __builtin_add_overflow(side, reach, &side))
      return std::nullopt;
  }
  // below is negative: above - below + 1 elements.
  std::int64_t elements;
  if (__builtin_sub_overflow(above, below, &elements) ||
      __builtin_add_overflow(elements, 1, &elements) ||
      __builtin_mul_overflow(elements, static_cast<std::int64_t>(itemsize(dtype)), &bytes))
    return std::nullopt;
  return Span{elements, -below};
}

/// Of a tensor whose block is known to fit.
inline Span span_of(const Meta &meta) noexcept {
  return meta.contiguous ? Span{meta.size, 0} : *span_of(meta.dtype, meta.dims(), meta.strides());
}

} // namespace jit
