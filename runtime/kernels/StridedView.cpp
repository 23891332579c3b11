// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/StridedView.h"

namespace jit {

StridedView view_of(const Meta &meta, const std::byte *data) noexcept {
  StridedView view;
  view.data = data;
  view.dtype = meta.dtype;
  for (int axis = 0; axis < meta.rank; ++axis)
    view.push(meta.dim_values[axis], meta.stride_values[axis]);
  return view;
}

StridedView broadcast_view(const Meta &meta, const std::byte *data, Dims dims) noexcept {
  StridedView view;
  view.data = data;
  view.dtype = meta.dtype;
  const int added = static_cast<int>(dims.size()) - meta.rank;
  for (int axis = 0; axis < static_cast<int>(dims.size()); ++axis) {
    const int own = axis - added;
    const bool stretched = own < 0 || meta.dim_values[own] == 1;
    view.push(dims[axis], stretched ? 0 : meta.stride_values[own]);
  }
  return view;
}

static bool can_merge(const StridedView *views, int count, int outer, std::int64_t dim,
                      int inner) noexcept {
  for (int i = 0; i < count; ++i)
    if (views[i].strides[outer] != dim * views[i].strides[inner])
      return false;
  return true;
}

void merge_axes(StridedView *views, int count) noexcept {
  const int rank = views[0].rank;
  int kept = 0;
  for (int axis = 0; axis < rank; ++axis) {
    const std::int64_t dim = views[0].dims[axis];
    if (dim == 1)
      continue;
    const bool merge = kept > 0 && can_merge(views, count, kept - 1, dim, axis);
    for (int i = 0; i < count; ++i) {
      StridedView &view = views[i];
      const std::int64_t stride = view.strides[axis];
      if (merge) {
        view.dims[kept - 1] *= dim;
        view.strides[kept - 1] = stride;
      } else {
        view.dims[kept] = dim;
        view.strides[kept] = stride;
      }
    }
    kept += merge ? 0 : 1;
  }
  if (kept == 0) {
    for (int i = 0; i < count; ++i) {
      views[i].dims[0] = 1;
      views[i].strides[0] = 1;
    }
    kept = 1;
  }
  for (int i = 0; i < count; ++i)
    views[i].rank = kept;
}

} // namespace jit
