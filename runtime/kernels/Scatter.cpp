// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/Scatter.h"

#include "runtime/base/WithDType.h"
#include "runtime/kernels/AxisCut.h"
#include "runtime/kernels/Copy.h"
#include "runtime/kernels/Parallel.h"
#include "runtime/kernels/Places.h"
#include "runtime/ops/Attributes.h"

#include <tracejit/options.h>

#include <cmath>
#include <cstdlib>

namespace jit {

namespace {

constexpr auto tile = static_cast<std::int64_t>(tile_elements);

template <ScatterMode how, class T> T combined(T old, T update) noexcept {
  using Unsigned = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>; // which wraps
  if constexpr (how == ScatterMode::set)
    return update;
  if constexpr (how == ScatterMode::add)
    return static_cast<T>(static_cast<Unsigned>(old) + static_cast<Unsigned>(update));
  if constexpr (how == ScatterMode::multiply)
    return static_cast<T>(static_cast<Unsigned>(old) * static_cast<Unsigned>(update));
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(old) || std::isnan(update))
      return std::isnan(old) ? old : update;
    if (old == update) // -0 < +0
      return std::signbit(old) == (how == ScatterMode::minimum) ? old : update;
  }
  return (update < old) == (how == ScatterMode::minimum) ? update : old;
}

/// A row for every update, or one for all with a place for each element of it.
struct Rows {
  std::byte *to;                     ///< element 0 of the row at place 0
  const std::byte *updates;          ///< row after row
  const std::int64_t *places;        ///< by row, or by element
  std::int64_t rows, columns, apart; ///< elements between the rows of two places
  bool along_axis;
};
using CombineRows = void (*)(const Rows &) noexcept;

template <ScatterMode how, class T> void combine_rows(const Rows &r) noexcept {
  auto *to = reinterpret_cast<T *>(r.to);
  const auto *updates = reinterpret_cast<const T *>(r.updates);
  for (std::int64_t j = 0; j < r.rows; ++j, updates += r.columns) {
    if (r.along_axis) {
      const std::int64_t *places = r.places + j * r.columns;
      for (std::int64_t i = 0; i < r.columns; ++i) {
        T &target = to[places[i] * r.apart + i];
        target = combined<how>(target, updates[i]);
      }
      continue;
    }
    T *row = to + r.places[j] * r.apart;
    for (std::int64_t i = 0; i < r.columns; ++i)
      row[i] = combined<how>(row[i], updates[i]);
  }
}

template <ScatterMode how> CombineRows rows_of(DType dtype) noexcept {
  if (dtype == DType::boolean)
    return combine_rows<how, std::uint8_t>;
  return with_dtype(dtype, []<class T>(std::type_identity<T>) -> CombineRows {
    return combine_rows<how, std::conditional_t<std::same_as<T, bool>, std::uint8_t, T>>;
  });
}

CombineRows rows_of(ScatterMode how, DType dtype) noexcept {
  switch (how) {
  case ScatterMode::set:
    return rows_of<ScatterMode::set>(dtype);
  case ScatterMode::add:
    return rows_of<ScatterMode::add>(dtype);
  case ScatterMode::multiply:
    return rows_of<ScatterMode::multiply>(dtype);
  case ScatterMode::minimum:
    return rows_of<ScatterMode::minimum>(dtype);
  case ScatterMode::maximum:
    return rows_of<ScatterMode::maximum>(dtype);
  }
  std::abort();
}

/// Threads share what lies before the axis and behind it, so that each place has one thread.
void scatter_rows(const KernelTable &table, const KernelCall &call, bool along_axis) noexcept {
  const KernelResult &result = call.results[0];
  AttrReader attrs(call.attrs);
  const int axis = static_cast<int>(attrs.integer());
  const CombineRows combine =
      rows_of(static_cast<ScatterMode>(attrs.integer()), result.meta->dtype);
  if (call.operands[0].data != result.data)
    copy_strided(*call.operands[0].meta, call.operands[0].data, result.data);
  StridedView updates = view_of(*call.operands[2].meta, call.operands[2].data);
  merge_axes(updates);
  const AxisCut target(view_of(*result.meta, result.data), axis);
  const auto step = static_cast<std::int64_t>(itemsize(result.meta->dtype));
  const std::int64_t row = target.behind.size(), outer = target.before.size();
  const std::int64_t indices =
      along_axis ? call.operands[1].meta->dim_values[axis] : call.operands[1].meta->size;
  if (indices == 0 || row == 0)
    return;
  const std::int64_t strips = (row + tile - 1) / tile;
  const std::int64_t rows_at_once = strips > 1 ? 1 : tile / row;
  const TileReader reader(updates, result.meta->dtype, table);
  parallel_ranges(outer * strips, units_per_range(indices * std::min(row, tile)),
                  [&](std::int64_t begin, std::int64_t end) {
                    Places index(table, call.operands[1], target.extent);
                    alignas(64) std::byte scratch[tile_elements * sizeof(double)];
                    for (std::int64_t unit = begin; unit < end; ++unit) {
                      const std::int64_t o = unit / strips, column = unit % strips * tile;
                      Rows rows{};
                      rows.to = result.data + (o * target.extent * row + column) * step;
                      rows.columns = std::min(tile, row - column);
                      rows.apart = row;
                      rows.along_axis = along_axis;
                      for (std::int64_t first = 0; first < indices; first += rows_at_once) {
                        rows.rows = std::min(rows_at_once, indices - first);
                        const std::int64_t begins = (o * indices + first) * row + column;
                        rows.places = along_axis ? index.read(begins, rows.rows * rows.columns)
                                                 : index.read(first, rows.rows);
                        rows.updates = reader.read(begins, rows.rows * rows.columns, scratch);
                        combine(rows);
                      }
                    }
                  });
}

} // namespace

void scatter(const KernelTable &table, const KernelCall &call) noexcept {
  scatter_rows(table, call, false);
}

void scatter_along_axis(const KernelTable &table, const KernelCall &call) noexcept {
  scatter_rows(table, call, true);
}

} // namespace jit
