// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Row ops: the body of the record over tiles that stay in cache. The same inner loops and orders as
// the body's ops over whole tensors, so the bits are theirs.
#include "runtime/kernels/Families.h"
#include "runtime/kernels/Reduction.h"
#include "runtime/kernels/RowPlan.h"
#include "runtime/ops/Attributes.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace jit {

namespace {

/// Bytes that the elements of one value of a tile should take, and columns it has at most.
constexpr std::int64_t wanted_bytes = 32768;
constexpr std::int64_t max_columns = 512;
/// Fewer columns waste inner loops on short runs; a tile may then outgrow L1.
constexpr std::int64_t min_columns = 64;

/// Operand o as [outer][rows][columns], cut at the axis.
struct RowOperand {
  StridedView before, behind;
  std::int64_t stride; ///< along the axis
  std::int64_t step;
};

struct RowProblem {
  const KernelTable &table;
  const RowPlan &plan;
  const KernelCall &call;
  RowOperand operands[max_row_operands];
  std::int64_t outer, rows, columns; ///< extents before, at and behind the axis
  std::int64_t tile_columns;
  bool last_axis;
};

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

/// One tile in work: where its values are.
class Tile {
public:
  Tile(const RowProblem &problem, std::byte *workspace) noexcept
      : problem(problem), plan(problem.plan), workspace(workspace) {}

  /// Values, and behind them scratch of the reductions.
  static std::size_t bytes(const RowProblem &problem) noexcept {
    return value_bytes(problem) + reduction_bytes(problem);
  }

  /// Columns [first, first + count) of entry `outer`.
  void run(std::int64_t outer, std::int64_t first, std::int64_t count) noexcept {
    columns = count;
    for (int i = 0; i < static_cast<int>(problem.call.operands.size()); ++i)
      if (plan.values[i].extent == RowValue::element)
        load(i, outer, first);
      else
        at[i] = const_cast<std::byte *>(plan.values[i].value.bytes); // NOLINT
    for (int i = 0; i < plan.step_count; ++i) {
      const RowStep &step = plan.steps[i];
      place_results(step, outer, first);
      if (step.loop != nullptr)
        run_elementwise(step);
      else
        run_reduction(step);
    }
    store(outer, first);
  }

private:
  static std::size_t padded(std::size_t elements) noexcept {
    return (elements * sizeof(double) + 63) / 64 * 64;
  }
  static std::size_t value_bytes(const RowProblem &problem) noexcept {
    const auto columns = static_cast<std::size_t>(problem.tile_columns);
    const std::size_t elements = static_cast<std::size_t>(problem.rows) * columns;
    return static_cast<std::size_t>(problem.plan.element_places) * padded(elements) +
           static_cast<std::size_t>(problem.plan.column_places) * padded(columns);
  }
  static std::size_t reduction_bytes(const RowProblem &problem) noexcept {
    if (problem.rows <= static_cast<std::int64_t>(problem.last_axis ? inner_chunk : outer_block))
      return 0;
    std::size_t most = 0;
    const ReductionAxes axes = axes_of(problem, problem.tile_columns);
    for (int i = 0; i < problem.plan.step_count; ++i)
      if (const RowStep &step = problem.plan.steps[i]; step.loop == nullptr)
        most =
            std::max(most, step.op == OpKind::var_mean ? moments_scratch(axes, problem.plan.dtype)
                                                       : reduce_scratch(axes, problem.plan.dtype));
    return most;
  }
  ScratchSpace space() const noexcept { return ScratchSpace(workspace + value_bytes(problem)); }
  std::int64_t extent_of(const RowValue &value) const noexcept {
    return value.extent == RowValue::element ? problem.rows * columns : columns;
  }
  std::byte *memory(const RowValue &value) const noexcept {
    const auto width = static_cast<std::size_t>(problem.tile_columns);
    const std::size_t elements = padded(static_cast<std::size_t>(problem.rows) * width);
    if (value.extent == RowValue::element)
      return workspace + static_cast<std::size_t>(value.place) * elements;
    return workspace + static_cast<std::size_t>(plan.element_places) * elements +
           static_cast<std::size_t>(value.place) * padded(width);
  }

  /// Elements before entry `outer` of the axes in front.
  static std::int64_t offset_before(const RowOperand &operand, std::int64_t outer) noexcept {
    if (operand.before.rank == 1)
      return outer * operand.before.strides[0];
    return Odometer(operand.before, outer).offset();
  }

  void load(int index, std::int64_t outer, std::int64_t first) noexcept {
    const RowOperand &operand = problem.operands[index];
    std::byte *to = memory(plan.values[index]);
    const std::byte *base = operand.before.data + offset_before(operand, outer) * operand.step;
    const auto step = static_cast<std::int64_t>(itemsize(plan.dtype));
    if (problem.columns == 1 && operand.stride == 1 && operand.behind.dtype == plan.dtype) {
      at[index] = const_cast<std::byte *>(base); // NOLINT: operands are only read
      return;
    }
    if (problem.columns == 1) {
      StridedView run;
      run.dtype = operand.behind.dtype;
      run.push(problem.rows, problem.rows == 1 ? 1 : operand.stride);
      at[index] = const_cast<std::byte *>( // NOLINT
          TileReader(run, plan.dtype, problem.table).read(base, 0, problem.rows, to));
      return;
    }
    const TileReader reader(operand.behind, plan.dtype, problem.table);
    for (std::int64_t row = 0; row < problem.rows; ++row) {
      std::byte *target = to + row * columns * step;
      const std::byte *read =
          reader.read(base + row * operand.stride * operand.step, first, columns, target);
      if (read != target)
        std::memcpy(target, read, static_cast<std::size_t>(columns * step));
    }
    at[index] = to;
  }

  /// The last result goes straight to the tensor if it lies there without gaps.
  bool direct() const noexcept {
    return plan.values[plan.result].extent != RowValue::element || columns == problem.columns;
  }
  std::byte *target(std::int64_t outer, std::int64_t first) const noexcept {
    const auto step = static_cast<std::int64_t>(itemsize(plan.dtype));
    const bool element = plan.values[plan.result].extent == RowValue::element;
    return problem.call.results[0].data +
           (outer * (element ? problem.rows : 1) * problem.columns + first) * step;
  }

  void place_results(const RowStep &step, std::int64_t outer, std::int64_t first) noexcept {
    for (int k = 0; k < info(step.op).results; ++k)
      at[step.result + k] = memory(plan.values[step.result + k]);
    if (step.result == plan.result && direct())
      at[step.result] = target(outer, first);
    for (int k = 0; k < step.operand_count; ++k) // constants
      if (plan.values[step.operands[k]].extent == RowValue::number &&
          plan.values[step.operands[k]].place < 0)
        at[step.operands[k]] =
            const_cast<std::byte *>(plan.values[step.operands[k]].value.bytes); // NOLINT
  }

  void run_elementwise(const RowStep &step) noexcept {
    const RowValue &result = plan.values[step.result];
    std::byte *pointers[4] = {at[step.result]};
    std::int64_t advance[4] = {columns * static_cast<std::int64_t>(itemsize(result.dtype))};
    ScalarArgs args{0};
    bool by_rows = false; // a column next to elements: one row at a time
    for (int k = 0; k < step.operand_count; ++k) {
      const RowValue &operand = plan.values[step.operands[k]];
      pointers[k + 1] = at[step.operands[k]];
      const bool element = operand.extent == RowValue::element;
      advance[k + 1] = element ? columns * static_cast<std::int64_t>(itemsize(operand.dtype)) : 0;
      if (operand.extent == RowValue::number || (!element && columns == 1))
        args.broadcast |= 1u << k;
      else if (!element && result.extent == RowValue::element)
        by_rows = true;
    }
    if (!by_rows) {
      step.loop(pointers, static_cast<std::size_t>(extent_of(result)), &args);
      return;
    }
    for (std::int64_t row = 0; row < problem.rows; ++row) {
      step.loop(pointers, static_cast<std::size_t>(columns), &args);
      for (int k = 0; k <= step.operand_count; ++k)
        pointers[k] += advance[k];
    }
  }

  static ReductionAxes axes_of(const RowProblem &problem, std::int64_t columns) noexcept {
    ReductionAxes axes{};
    axes.kept.dtype = axes.inner.dtype = axes.outer.dtype = problem.plan.dtype;
    axes.kept.push(columns, 1);
    axes.has_inner = problem.last_axis;
    axes.has_outer = !problem.last_axis;
    axes.inner.push(axes.has_inner ? problem.rows : 1, 1);
    axes.outer.push(axes.has_outer ? problem.rows : 1, columns);
    return axes;
  }

  ReductionProblem reduction(const std::byte *data) const noexcept {
    return {axes_of(problem, columns), data, plan.dtype, plan.dtype, problem.rows};
  }

  void run_reduction(const RowStep &step) noexcept {
    const std::byte *data = at[step.operands[0]];
    std::byte *to = at[step.result];
    if (step.op == OpKind::var_mean)
      return plan.dtype == DType::f32 ? moments<float>(step, data) : moments<double>(step, data);
    const Combine combine = step.op == OpKind::max   ? Combine::max
                            : step.op == OpKind::min ? Combine::min
                                                     : Combine::sum;
    if (problem.last_axis)
      inner_contiguous(problem.table, combine, plan.dtype, data, problem.rows, to, space());
    else
      reduce(problem.table, reduction(data), combine, to, space());
  }

  template <class T> void moments(const RowStep &step, const std::byte *data) noexcept {
    auto *var = reinterpret_cast<T *>(at[step.result]);
    auto *mean = reinterpret_cast<T *>(at[step.result + 1]);
    const int dtype = slot(plan.dtype);
    if (problem.last_axis && problem.rows <= static_cast<std::int64_t>(inner_chunk)) { // one chunk
      const auto count = static_cast<std::size_t>(problem.rows);
      problem.table.chunk[slot(Combine::sum)][dtype](data, count, at[step.result + 1]);
      *mean = *mean / static_cast<T>(problem.rows);
      problem.table.deviation[dtype](data, count, at[step.result + 1], at[step.result]);
      *var = *var / static_cast<T>(problem.rows);
      return;
    }
    Moments<T> found[max_columns];
    reduce_moments(problem.table, reduction(data), found, space());
    for (std::int64_t j = 0; j < columns; ++j) {
      var[j] = found[j].squares / static_cast<T>(problem.rows);
      mean[j] = found[j].mean;
    }
  }

  void store(std::int64_t outer, std::int64_t first) const noexcept {
    if (direct())
      return;
    const auto step = static_cast<std::int64_t>(itemsize(plan.dtype));
    for (std::int64_t row = 0; row < problem.rows; ++row)
      std::memcpy(target(outer, first) + row * problem.columns * step,
                  at[plan.result] + row * columns * step, static_cast<std::size_t>(columns * step));
  }

  const RowProblem &problem;
  const RowPlan &plan;
  std::byte *workspace;
  std::int64_t columns = 0; ///< of this tile
  std::byte *at[max_values];
};

/// A row op cut into tiles.
struct RowTiles {
  RowPlan plan;
  RowProblem problem;
  std::int64_t strips;    ///< tiles of an outer entry
  std::size_t tile_bytes; ///< scratch of one

  RowTiles(const KernelTable &table, const OpInfo &op, const KernelCall &call) noexcept;
  RowTiles(const RowTiles &) = delete;

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

RowTiles::RowTiles(const KernelTable &table, const OpInfo &op, const KernelCall &call) noexcept
    : plan(make_row_plan(table, op, call)), problem{table, plan, call, {}, 1, 1, 1, 1, false} {
  const Dims dims = call.operands[0].meta->dims();
  const auto axis = static_cast<std::size_t>(AttrReader(call.attrs).integer());
  problem.rows = dims[axis];
  problem.last_axis = axis + 1 == dims.size();
  for (std::size_t i = 0; i < call.operands.size(); ++i)
    if (call.operands[i].meta != nullptr)
      problem.operands[i] = cut(call.operands[i], dims, axis);
  problem.outer = problem.operands[0].before.size();
  problem.columns = problem.operands[0].behind.size();
  const std::int64_t fitting =
      wanted_bytes / static_cast<std::int64_t>(itemsize(plan.dtype)) / problem.rows;
  problem.tile_columns = std::min(problem.columns, std::clamp(fitting, min_columns, max_columns));
  strips = (problem.columns + problem.tile_columns - 1) / problem.tile_columns;
  tile_bytes = Tile::bytes(problem);
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
    Tile tile(problem, scratch.data() + static_cast<std::size_t>(worker) * tiles.tile_bytes);
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
