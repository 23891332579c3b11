// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops whose places come from a tensor of integers, which have been checked.
#include "runtime/base/SeededBugs.h"
#include "runtime/base/WithDType.h"
#include "runtime/kernels/AxisCut.h"
#include "runtime/kernels/Copy.h"
#include "runtime/kernels/Families.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/Odometer.h"
#include "runtime/kernels/Parallel.h"
#include "runtime/kernels/Places.h"
#include "runtime/kernels/ScalarValue.h"
#include "runtime/kernels/Scatter.h"
#include "runtime/ops/Attributes.h"

#include <cstdlib>
#include <cstring>

namespace jit {

namespace {

constexpr auto tile = static_cast<std::int64_t>(tile_elements);

/// to[i] = from[places[i] * stride + i * run_stride] for elements of `size` bytes.
void copy_places(std::byte *to, const std::byte *from, const std::int64_t *places,
                 std::int64_t count, std::int64_t stride, std::int64_t run_stride,
                 std::int64_t size) noexcept {
  const auto copy = [&]<class Element>(Element) {
    for (std::int64_t i = 0; i < count; ++i)
      std::memcpy(to + i * static_cast<std::int64_t>(sizeof(Element)),
                  from + (places[i] * stride + i * run_stride) *
                             static_cast<std::int64_t>(sizeof(Element)),
                  sizeof(Element));
  };
  if (size == 4)
    copy(std::uint32_t());
  else if (size == 8)
    copy(std::uint64_t());
  else if (size == 2)
    copy(std::uint16_t());
  else
    copy(std::uint8_t());
}

/// result[o, j, i] = x[o, index[j], i]
void take(const KernelTable &table, const KernelCall &call) noexcept {
  const KernelResult &result = call.results[0];
  const int axis = static_cast<int>(AttrReader(call.attrs).integer());
  const AxisCut x(call.operands[0], axis);
  const auto step = static_cast<std::int64_t>(itemsize(x.before.dtype));
  const std::int64_t indices = call.operands[1].meta->size, row = x.behind.size();
  const TileReader reader(x.behind, x.behind.dtype, table);
  const std::int64_t rows = x.before.size() * indices;
  parallel_ranges(rows, units_per_range(row), [&](std::int64_t begin, std::int64_t end) {
    Places index(table, call.operands[1], x.extent);
    std::byte *to = result.data + begin * row * step;
    for (std::int64_t unit = begin; unit < end;) {
      const std::int64_t first = unit % indices;
      const std::int64_t some = std::min({tile, end - unit, indices - first});
      const std::int64_t *places = index.read(first, some);
      const std::byte *base = x.before.data + Odometer(x.before, unit / indices).offset() * step;
      unit += some;
      if (row == 1 && !planted(SeededBug::last_place_missed)) {
        copy_places(to, base, places, some, x.stride, 0, step);
        to += some * step;
        continue;
      }
      for (std::int64_t j = 0; j < some; ++j, to += row * step) {
        std::int64_t place = places[j];
        if (planted(SeededBug::last_place_missed) && place > 0 && place + 1 == x.extent)
          --place;
        const std::byte *from = base + place * x.stride * step;
        const std::byte *read = reader.read(from, 0, row, to);
        if (read != to)
          std::memcpy(to, read, static_cast<std::size_t>(row * step));
      }
    }
  });
}

/// result[.., i, ..] = x[.., index[.., i, ..], ..]
void take_along_axis(const KernelTable &table, const KernelCall &call) noexcept {
  const KernelResult &result = call.results[0];
  const int axis = static_cast<int>(AttrReader(call.attrs).integer());
  StridedView base = view_of(*call.operands[0].meta, call.operands[0].data);
  const auto step = static_cast<std::int64_t>(itemsize(base.dtype));
  const std::int64_t stride = base.strides[axis], extent = base.dims[axis];
  std::copy_n(call.operands[1].meta->dim_values, base.rank, base.dims);
  base.strides[axis] = 0;
  merge_axes(base);
  parallel_ranges(result.meta->size, tile, [&](std::int64_t begin, std::int64_t end) {
    Places index(table, call.operands[1], extent);
    Odometer at(base, begin);
    for (std::int64_t first = begin; first < end; first += tile) {
      const std::int64_t some = std::min(tile, end - first);
      const std::int64_t *places = index.read(first, some);
      for (std::int64_t i = 0; i < some;) {
        const std::int64_t run = std::min(some - i, at.left_in_run());
        copy_places(result.data + (first + i) * step, base.data + at.offset() * step, places + i,
                    run, stride, at.run_stride(), step);
        at.advance(run);
        i += run;
      }
    }
  });
}

void one_hot(const KernelTable &table, const KernelCall &call) noexcept {
  const KernelResult &result = call.results[0];
  const DType dtype = result.meta->dtype;
  const auto step = static_cast<std::int64_t>(itemsize(dtype));
  const std::int64_t depth = AttrReader(call.attrs).integer();
  const ScalarValue one(1, dtype);
  if (result.meta->size == 0)
    return;
  parallel_ranges(call.operands[0].meta->size, units_per_range(depth),
                  [&](std::int64_t begin, std::int64_t end) {
                    std::memset(result.data + begin * depth * step, 0,
                                static_cast<std::size_t>((end - begin) * depth * step));
                    Places index(table, call.operands[0], depth);
                    for (std::int64_t first = begin; first < end; first += tile) {
                      const std::int64_t some = std::min(tile, end - first);
                      const std::int64_t *places = index.read(first, some);
                      for (std::int64_t i = 0; i < some; ++i)
                        copy_element(result.data + ((first + i) * depth + places[i]) * step,
                                     one.bytes, step);
                    }
                  });
}

/// Extremes of one tile, in the element's own type.
template <class T> IndexRange range_of(const std::byte *data, std::int64_t count) noexcept {
  const auto *x = reinterpret_cast<const T *>(data);
  T low = x[0], high = x[0];
  for (std::int64_t i = 1; i < count; ++i) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  return {static_cast<std::int64_t>(low), static_cast<std::int64_t>(high)};
}

} // namespace

void run_index(const KernelTable &table, const KernelCall &call) noexcept {
  if (call.results[0].meta->size == 0)
    return;
  switch (call.op) {
#define TRACEJIT_INDEX_KERNEL(name)                                                                \
  case OpKind::name:                                                                               \
    return name(table, call);
#include "runtime/ops/OpKernels.inc"
#undef TRACEJIT_INDEX_KERNEL
  default: // of other families
    std::abort();
  }
}

IndexRange index_range(const Meta &meta, const std::byte *data) noexcept {
  if (meta.size == 0)
    return {0, -1};
  StridedView view = view_of(meta, data);
  merge_axes(view);
  const TileReader reader(view, meta.dtype, active_table());
  alignas(64) std::byte scratch[tile_elements * sizeof(std::int64_t)];
  IndexRange all{INT64_MAX, INT64_MIN};
  for (std::int64_t first = 0; first < meta.size; first += tile) {
    const std::int64_t some = std::min(tile, meta.size - first);
    const std::byte *elements = reader.read(first, some, scratch);
    const IndexRange part = with_dtype(
        meta.dtype, [&]<class T>(std::type_identity<T>) { return range_of<T>(elements, some); });
    all.min = std::min(all.min, part.min);
    all.max = std::max(all.max, part.max);
  }
  return all;
}

} // namespace jit
