// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A tensor cut at one axis, for kernels that work along it.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/StridedView.h"

namespace jit {

/// What lies before the axis, the axis, and what lies behind it; both views have merged axes.
struct AxisCut {
  StridedView before, behind;
  std::int64_t extent, stride;

  AxisCut(const KernelOperand &operand, std::int64_t axis) noexcept
      : AxisCut(view_of(*operand.meta, operand.data), axis) {}
  AxisCut(const StridedView &view, std::int64_t axis) noexcept {
    before.dtype = behind.dtype = view.dtype;
    before.data = behind.data = view.data;
    for (int i = 0; i < view.rank; ++i)
      if (i != axis)
        (i < axis ? before : behind).push(view.dims[i], view.strides[i]);
    extent = view.dims[axis];
    stride = view.strides[axis];
    merge_axes(before);
    merge_axes(behind);
  }
  /// The elements along the axis.
  StridedView along() const noexcept {
    StridedView view;
    view.data = before.data;
    view.dtype = before.dtype;
    view.push(extent, stride);
    return view;
  }
};

} // namespace jit
