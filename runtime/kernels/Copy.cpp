// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/Copy.h"

#include "runtime/kernels/Parallel.h"
#include "runtime/kernels/ScalarValue.h"

#include <algorithm>

namespace jit {

namespace {

/// A copy as nested loops: `outer` axes around a plane of rows x columns. The last axis of the
/// target has stride 1.
struct CopyPlan {
  StridedView from, to;
  ConvertLoop convert;
  TransposeLoop transpose; ///< null: row by row
  int plane_axis;          ///< the axis that is contiguous in the source
  std::size_t from_step, to_step;
};

constexpr auto block = static_cast<std::int64_t>(transpose_block);

void copy_block(const CopyPlan &plan, std::int64_t from, std::int64_t to, std::int64_t row,
                std::int64_t column) noexcept {
  const int last = plan.from.rank - 1, axis = plan.plane_axis;
  const std::int64_t rows = std::min(block, plan.from.dims[axis] - row);
  const std::int64_t columns = std::min(block, plan.from.dims[last] - column);
  const std::int64_t source = from + row + column * plan.from.strides[last];
  const std::int64_t target = to + row * plan.to.strides[axis] + column;
  plan.transpose(
      const_cast<std::byte *>(plan.to.data) + // NOLINT
          target * static_cast<std::int64_t>(plan.to_step),
      plan.to.strides[axis], plan.from.data + source * static_cast<std::int64_t>(plan.from_step),
      plan.from.strides[last], static_cast<std::size_t>(rows), static_cast<std::size_t>(columns));
}

/// One unit of work: a row, or a band of `block` rows of a plane.
void copy_unit(const CopyPlan &plan, std::int64_t unit) noexcept {
  const int last = plan.from.rank - 1;
  std::int64_t from = 0, to = 0, row = 0, rest = unit;
  for (int axis = last - 1; axis >= 0; --axis) {
    const bool banded = plan.transpose != nullptr && axis == plan.plane_axis;
    const std::int64_t extent =
        banded ? (plan.from.dims[axis] + block - 1) / block : plan.from.dims[axis];
    const std::int64_t index = rest % extent;
    rest /= extent;
    if (banded) {
      row = index * block;
    } else {
      from += index * plan.from.strides[axis];
      to += index * plan.to.strides[axis];
    }
  }
  if (plan.transpose != nullptr) {
    for (std::int64_t column = 0; column < plan.from.dims[last]; column += block)
      copy_block(plan, from, to, row, column);
    return;
  }
  plan.convert(const_cast<std::byte *>(plan.to.data) + // NOLINT
                   to * static_cast<std::int64_t>(plan.to_step),
               plan.from.data + from * static_cast<std::int64_t>(plan.from_step),
               plan.from.strides[last], static_cast<std::size_t>(plan.from.dims[last]));
}

/// Cuts a lone long axis, so that threads can share it.
void split_row(StridedView &view, std::int64_t row) noexcept {
  const std::int64_t stride = view.strides[0];
  view.dims[0] /= row;
  view.strides[0] = stride * row;
  view.push(row, stride);
}

} // namespace

int transposed_axis(const StridedView &from) noexcept {
  const int last = from.rank - 1;
  if (from.strides[last] == 1 || from.strides[last] == 0 || from.dims[last] < 4)
    return -1;
  for (int axis = last - 1; axis >= 0; --axis)
    if (from.strides[axis] == 1 && from.dims[axis] >= 4)
      return axis;
  return -1;
}

void copy_view(const KernelTable &table, const StridedView &source,
               const CopyTarget &target) noexcept {
  StridedView views[2] = {source, source};
  views[1].data = target.data;
  std::copy_n(target.strides, source.rank, views[1].strides);
  const std::int64_t size = source.size();
  if (size == 0)
    return;
  merge_axes(views, 2);
  if (views[1].strides[views[1].rank - 1] != 1) // an axis of extent 1 was the contiguous one
    for (StridedView &view : views)
      view.push(1, 1);
  constexpr std::int64_t cut = 4096;
  if (views[0].rank == 1 && size >= parallel_elements) {
    const std::int64_t head = size / cut * cut;
    StridedView tail = views[0];
    const auto to = static_cast<std::int64_t>(itemsize(target.dtype));
    const auto from = static_cast<std::int64_t>(itemsize(source.dtype));
    table.convert[slot(target.dtype)][slot(source.dtype)](
        target.data + head * views[1].strides[0] * to, tail.data + head * tail.strides[0] * from,
        tail.strides[0], static_cast<std::size_t>(size - head));
    for (StridedView &view : views) {
      view.dims[0] = head;
      split_row(view, cut);
    }
  }

  CopyPlan plan{views[0],
                views[1],
                table.convert[slot(target.dtype)][slot(source.dtype)],
                nullptr,
                -1,
                itemsize(source.dtype),
                itemsize(target.dtype)};
  if (target.dtype == source.dtype) {
    plan.plane_axis = transposed_axis(plan.from);
    if (plan.plane_axis >= 0)
      plan.transpose = table.transpose[slot(source.dtype)];
  }
  std::int64_t units = 1;
  for (int axis = 0; axis + 1 < plan.from.rank; ++axis)
    units *= plan.transpose != nullptr && axis == plan.plane_axis
                 ? (plan.from.dims[axis] + block - 1) / block
                 : plan.from.dims[axis];
  const std::int64_t per_unit = std::max<std::int64_t>(1, size / units);
  parallel_ranges(units, std::max<std::int64_t>(1, parallel_elements / 2 / per_unit),
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t unit = begin; unit < end; ++unit)
                      copy_unit(plan, unit);
                  });
}

void fill(const KernelTable &table, const KernelResult &result, Scalar value) noexcept {
  const DType dtype = result.meta->dtype;
  const ScalarValue element(value, dtype);
  const std::size_t step = itemsize(dtype);
  const ConvertLoop repeat = table.convert[slot(dtype)][slot(dtype)];
  parallel_ranges(result.meta->size, 2 * parallel_elements, [&](auto begin, auto end) {
    repeat(result.data + static_cast<std::size_t>(begin) * step, element.bytes, 0,
           static_cast<std::size_t>(end - begin));
  });
}

void copy_strided(const Meta &from, const std::byte *source, std::byte *target) noexcept {
  const DimList strides = row_major_strides(from.dims());
  copy_view(active_table(), view_of(from, source), {target, from.dtype, strides.begin()});
}

} // namespace jit
