// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Odometer: walks the offsets of a strided view in logical order without dividing at every step.
#pragma once

#include "runtime/kernels/StridedView.h"

namespace jit {

class Odometer {
public:
  /// Stands on element `start`.
  Odometer(const StridedView &view, std::int64_t start) noexcept : view(view) {
    for (int axis = view.rank - 1; axis >= 0; --axis) {
      index[axis] = start % view.dims[axis];
      start /= view.dims[axis];
      at += index[axis] * view.strides[axis];
    }
  }

  /// Offset of the element in elements.
  std::int64_t offset() const noexcept { return at; }

  /// Elements from here to the end of the last axis.
  std::int64_t left_in_run() const noexcept {
    return view.rank == 0 ? 1 : view.dims[view.rank - 1] - index[view.rank - 1];
  }
  /// From one element of a run to the next.
  std::int64_t run_stride() const noexcept {
    return view.rank == 0 ? 0 : view.strides[view.rank - 1];
  }
  /// `count` elements on, no further than the end of the run.
  void advance(std::int64_t count) noexcept {
    if (view.rank == 0)
      return;
    at += (count - 1) * view.strides[view.rank - 1];
    index[view.rank - 1] += count - 1;
    next();
  }

  void next() noexcept {
    for (int axis = view.rank - 1; axis >= 0; --axis) {
      at += view.strides[axis];
      if (++index[axis] < view.dims[axis])
        return;
      at -= index[axis] * view.strides[axis];
      index[axis] = 0;
    }
  }

private:
  const StridedView &view;
  std::int64_t index[max_rank];
  std::int64_t at = 0;
};

} // namespace jit
