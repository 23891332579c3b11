// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Row ops: the body of the record, tile by tile, over the pool.
#include "runtime/kernels/Families.h"
#include "runtime/kernels/RowTile.h"
#include "runtime/kernels/ShortRows.h"
#include "runtime/ops/Attributes.h"

#include <algorithm>
#include <atomic>

namespace jit {

namespace {

/// Bytes that the elements of one value of a tile should take.
constexpr std::int64_t wanted_bytes = 32768;
/// Fewer columns waste inner loops on short runs; a tile may then outgrow L1.
constexpr std::int64_t min_columns = 64;

RowOperand cut(const KernelOperand &operand, Dims dims, std::size_t axis) noexcept {
  const StridedView view = broadcast_view(*operand.meta, operand.data, dims);
  RowOperand parts{};
  parts.before.dtype = parts.behind.dtype = view.dtype;
  parts.before.data = view.data;
  for (std::size_t i = 0; i < dims.size(); ++i)
    if (i != axis)
      (i < axis ? parts.before : parts.behind).push(view.dims[i], view.strides[i]);
  parts.stride = view.strides[axis];
  parts.step = static_cast<std::int64_t>(itemsize(view.dtype));
  merge_axes(parts.before);
  merge_axes(parts.behind);
  return parts;
}

/// A row op cut into tiles.
struct RowTiles {
  RowPlan plan;
  RowProblem problem;
  std::int64_t strips;    ///< tiles of an outer entry
  std::size_t tile_bytes; ///< scratch of one

  RowTiles(const KernelTable &table, const OpInfo &op, const KernelCall &call) noexcept;
  RowTiles(const RowTiles &) = delete;
  /// Makes the last axis before short rows the columns; false if they are not short, or too few.
  bool turn_short_rows(Dims dims) noexcept;

  std::int64_t count() const noexcept { return problem.outer * strips; }
  /// Tiles that a thread takes at a time.
  std::int64_t grain() const noexcept {
    return units_per_range(problem.rows * problem.tile_columns);
  }
  std::int64_t ranges() const noexcept { return (count() + grain() - 1) / grain(); }
  std::int64_t most_workers(std::int64_t workers) const noexcept {
    return std::min(workers, ranges());
  }
  std::size_t scratch(std::int64_t workers) const noexcept {
    return static_cast<std::size_t>(most_workers(workers)) * tile_bytes;
  }
};

bool RowTiles::turn_short_rows(Dims dims) noexcept {
  if (!problem.last_axis || problem.rows > longest_short_row(plan.dtype) || dims.size() < 2)
    return false;
  StridedView before[max_row_operands]; // merged alike, so that all have the same columns
  int count = 0;
  for (const KernelOperand &operand : problem.call.operands)
    if (operand.meta != nullptr) {
      before[count] = broadcast_view(*operand.meta, operand.data, dims);
      before[count++].rank -= 1;
    }
  merge_axes(before, count);
  const int last = before[0].rank - 1;
  // Lanes without a row compute too; a row by itself costs as much as some more elements would.
  constexpr std::int64_t cost_of_row = 128;
  constexpr auto width = static_cast<std::int64_t>(row_lanes);
  const std::int64_t columns = before[0].dims[last], tiles = (columns + width - 1) / width;
  if (tiles * width * problem.rows > columns * (problem.rows + cost_of_row))
    return false;
  for (int i = count = 0; i < static_cast<int>(problem.call.operands.size()); ++i)
    if (problem.call.operands[static_cast<std::size_t>(i)].meta != nullptr) {
      RowOperand &operand = problem.operands[i];
      const StridedView &merged = before[count++];
      operand.behind.rank = 0;
      operand.behind.push(merged.dims[last], merged.strides[last]);
      operand.before = merged;
      operand.before.rank = last;
    }
  return true;
}

RowTiles::RowTiles(const KernelTable &table, const OpInfo &op, const KernelCall &call) noexcept
    : plan(make_row_plan(table, op, call)),
      problem{table, plan, call, {}, 1, 1, 1, 1, false, false} {
  const Dims dims = call.operands[0].meta->dims();
  const auto axis = static_cast<std::size_t>(AttrReader(call.attrs).integer());
  problem.rows = dims[axis];
  problem.last_axis = axis + 1 == dims.size();
  for (std::size_t i = 0; i < call.operands.size(); ++i)
    if (call.operands[i].meta != nullptr)
      problem.operands[i] = cut(call.operands[i], dims, axis);
  problem.turned = turn_short_rows(dims);
  problem.outer = problem.operands[0].before.size();
  problem.columns = problem.operands[0].behind.size();
  const std::int64_t fitting =
      wanted_bytes / static_cast<std::int64_t>(itemsize(plan.dtype)) / problem.rows;
  problem.tile_columns =
      std::min(problem.columns, std::clamp(fitting, min_columns, max_tile_columns));
  if (problem.turned)
    problem.tile_columns = static_cast<std::int64_t>(row_lanes);
  strips = (problem.columns + problem.tile_columns - 1) / problem.tile_columns;
  tile_bytes = RowTile::bytes(problem);
}

} // namespace

std::size_t row_scratch(const KernelTable &table, const OpInfo &op, const KernelCall &call,
                        std::int64_t workers) noexcept {
  if (call.results[0].meta->size == 0)
    return 0;
  return RowTiles(table, op, call).scratch(workers);
}

bool run_row(const KernelTable &table, const OpInfo &op, const KernelCall &call,
             const KernelScratch &given) noexcept {
  if (call.results[0].meta->size == 0)
    return true;
  const RowTiles tiles(table, op, call);
  const RowProblem &problem = tiles.problem;
  const Scratch<16384> scratch(given, tiles.scratch(given.workers));
  if (!scratch)
    return false;
  const std::int64_t grain = tiles.grain(), ranges = tiles.ranges();
  if (given.workers == 1 && ranges > 1) // no job will look
    refresh_sharing();
  // As many workers as there is scratch for, each taking the next range when it is done.
  std::atomic<std::int64_t> next{0};
  const auto work = [&](std::int64_t worker, std::int64_t) {
    RowTile tile(problem, scratch.data() + static_cast<std::size_t>(worker) * tiles.tile_bytes);
    for (std::int64_t range; (range = next.fetch_add(1, std::memory_order_relaxed)) < ranges;)
      for (std::int64_t i = range * grain; i < std::min(tiles.count(), (range + 1) * grain); ++i) {
        const std::int64_t first = i % tiles.strips * problem.tile_columns;
        tile.run(i / tiles.strips, first, std::min(problem.tile_columns, problem.columns - first));
      }
  };
  // The number of chunks says nothing about the size.
  const auto kind = static_cast<std::uint64_t>(ranges) ^ kind_of_job(&op);
  parallel_ranges(tiles.most_workers(given.workers), 1, work, kind);
  return true;
}

} // namespace jit
