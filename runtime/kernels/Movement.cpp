// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that copy elements to new places.
#include "runtime/kernels/Copy.h"
#include "runtime/kernels/Families.h"
#include "runtime/kernels/Fold.h"
#include "runtime/kernels/Odometer.h"
#include "runtime/kernels/Parallel.h"
#include "runtime/kernels/TileReader.h"
#include "runtime/ops/Attributes.h"

#include <algorithm>
#include <cstdlib>

namespace jit {

namespace {

constexpr auto tile = static_cast<std::int64_t>(tile_elements);

/// Copies to a target whose last axis has a stride of its own, which vectors do not serve.
void spread(const KernelTable &table, StridedView source, const CopyTarget &target) noexcept {
  const int last = source.rank - 1;
  StridedView rows{};
  for (int axis = 0; axis < last; ++axis)
    rows.push(source.dims[axis], target.strides[axis]);
  const std::int64_t columns = source.dims[last], apart = target.strides[last];
  const std::int64_t size = source.size();
  const auto step = static_cast<std::int64_t>(itemsize(target.dtype));
  merge_axes(source);
  merge_axes(rows);
  const TileReader reader(source, target.dtype, table);
  parallel_ranges(size / columns, units_per_range(columns), [&](auto begin, auto end) {
    alignas(64) std::byte scratch[tile_elements * sizeof(double)];
    Odometer row(rows, begin);
    for (std::int64_t r = begin; r < end; ++r, row.next())
      for (std::int64_t column = 0; column < columns; column += tile) {
        const std::int64_t some = std::min(tile, columns - column);
        const std::byte *from = reader.read(r * columns + column, some, scratch);
        std::byte *to = target.data + (row.offset() + column * apart) * step;
        for (std::int64_t i = 0; i < some; ++i)
          copy_element(to + i * apart * step, from + i * step, step);
      }
  });
}

/// Elements `start[i]`, `start[i] + step[i]`, ... of the result become those of an operand, which
/// has some.
void put(const KernelTable &table, const KernelCall &call, const KernelOperand &operand, Dims start,
         Dims step) noexcept {
  const KernelResult &result = call.results[0];
  DimList strides = row_major_strides(result.meta->dims());
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < strides.size(); ++i) {
    offset += start[i] * strides[i];
    strides[i] *= step[i];
  }
  const auto bytes = static_cast<std::int64_t>(itemsize(result.meta->dtype));
  const CopyTarget target{result.data + offset * bytes, result.meta->dtype, strides.begin()};
  const StridedView source = view_of(*operand.meta, operand.data);
  const bool apart = source.rank > 0 && source.dims[source.rank - 1] > 1 && step.back() != 1;
  apart ? spread(table, source, target) : copy_view(table, source, target);
}

void concat(const KernelTable &table, const KernelCall &call) noexcept {
  const auto axis = static_cast<std::size_t>(AttrReader(call.attrs).integer());
  DimList start, step;
  for (std::size_t i = 0; i < call.results[0].meta->rank; ++i) {
    start.push_back(0);
    step.push_back(1);
  }
  for (const KernelOperand &operand : call.operands) {
    if (operand.meta->size > 0)
      put(table, call, operand, start, step);
    start[axis] += operand.meta->dims()[axis];
  }
}

void slice_update(const KernelTable &table, const KernelCall &call) noexcept {
  const KernelOperand &x = call.operands[0], &y = call.operands[1];
  if (x.data != call.results[0].data)
    copy_strided(*x.meta, x.data, call.results[0].data);
  if (y.meta->size == 0) // starts are not checked then
    return;
  DimList start;
  for (const KernelOperand &number : call.operands.subspan(2))
    start.push_back(number.scalar.as_int());
  put(table, call, y, start, AttrReader(call.attrs).list());
}

void pad(const KernelTable &table, const KernelCall &call) noexcept {
  const KernelResult &result = call.results[0];
  const KernelOperand &x = call.operands[0];
  fill(table, result, call.operands[1].scalar);
  AttrReader attrs(call.attrs);
  const DimList low = attrs.list();
  attrs.list(); // high
  DimList step = attrs.list();
  for (std::size_t i = 0; i < step.size(); ++i)
    ++step[i];
  if (x.meta->size > 0)
    put(table, call, x, low, step);
}

} // namespace

void run_movement(const KernelTable &table, const KernelCall &call) noexcept {
  switch (call.op) {
#define TRACEJIT_MOVEMENT_KERNEL(name)                                                             \
  case OpKind::name:                                                                               \
    return name(table, call);
#include "runtime/ops/OpKernels.inc"
#undef TRACEJIT_MOVEMENT_KERNEL
  default: // of other families
    std::abort();
  }
}

} // namespace jit
