// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parts of tensors, for functions that are written with views and joins.
#pragma once

#include <tracejit/tensor.h>

namespace jit::detail {

/// The list, or so many times `otherwise`.
inline DimList list_or(DimList given, std::size_t count, std::int64_t otherwise) {
  if (given.size() == 0)
    for (std::size_t i = 0; i < count; ++i)
      given.push_back(otherwise);
  return given;
}

/// Per axis `extents` elements from `starts` on, `steps` apart, which lie inside.
Tensor slice_at(Operand &&x, const DimList &starts, const DimList &extents, const DimList &steps);

/// `extent` elements of one axis, from `start` on.
Tensor part_of(const Tensor &x, std::int64_t axis, std::int64_t start, std::int64_t extent,
               const std::source_location &site);

} // namespace jit::detail
