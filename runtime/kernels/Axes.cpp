// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/Axes.h"

namespace jit {

ReductionAxes classify(const StridedView &operand, std::uint32_t reduced) noexcept {
  ReductionAxes axes{};
  for (StridedView *part : {&axes.kept, &axes.outer, &axes.inner}) {
    part->dtype = operand.dtype;
    part->rank = 0;
  }
  const auto counts = [&](int axis) { return (reduced >> axis & 1) && operand.dims[axis] != 1; };
  const auto dropped = [&](int axis) { return (reduced >> axis & 1) && operand.dims[axis] == 1; };
  int suffix = operand.rank; // first axis of the reduced suffix
  while (suffix > 0 && (counts(suffix - 1) || dropped(suffix - 1)))
    --suffix;
  for (int axis = 0; axis < operand.rank; ++axis) {
    if (dropped(axis))
      continue;
    StridedView &part = !counts(axis) ? axes.kept : axis >= suffix ? axes.inner : axes.outer;
    part.push(operand.dims[axis], operand.strides[axis]);
  }
  axes.has_inner = axes.inner.rank > 0;
  axes.has_outer = axes.outer.rank > 0;
  merge_axes(axes.kept);
  merge_axes(axes.outer);
  merge_axes(axes.inner);
  return axes;
}

} // namespace jit
