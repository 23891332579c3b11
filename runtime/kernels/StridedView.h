// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// StridedView: a tensor as kernels walk it, with axes merged where the strides allow.
#pragma once

#include "runtime/base/Meta.h"

#include <cstddef>

namespace jit {

/// Extents and strides count elements; row-major order of the extents is the logical order.
struct StridedView {
  const std::byte *data = nullptr;
  DType dtype = DType::f32;
  std::int32_t rank = 0;
  std::int64_t dims[max_rank];
  std::int64_t strides[max_rank];

  std::int64_t size() const noexcept {
    std::int64_t product = 1;
    for (int axis = 0; axis < rank; ++axis)
      product *= dims[axis];
    return product;
  }
  void push(std::int64_t dim, std::int64_t stride) noexcept {
    dims[rank] = dim;
    strides[rank] = stride;
    ++rank;
  }
};

/// The tensor as it lies in memory.
StridedView view_of(const Meta &meta, const std::byte *data) noexcept;

/// The tensor broadcast to `dims`: added and stretched axes get stride 0.
StridedView broadcast_view(const Meta &meta, const std::byte *data, Dims dims) noexcept;

/// Merges neighbouring axes in all views at once where every view allows it, and drops axes of
/// extent 1. All views have equal extents; the order of elements stays. Rank is at least 1 after.
void merge_axes(StridedView *views, int count) noexcept;

/// Same for one view.
inline void merge_axes(StridedView &view) noexcept { merge_axes(&view, 1); }

} // namespace jit
