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
