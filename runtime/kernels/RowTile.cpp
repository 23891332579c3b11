// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/RowTile.h"

#include "runtime/kernels/ShortRows.h"

#include <algorithm>
#include <cstring>

namespace jit {

std::size_t RowTile::bytes(const RowProblem &problem) noexcept {
  return value_bytes(problem) + reduction_bytes(problem);
}

void RowTile::run(std::int64_t outer, std::int64_t first, std::int64_t count) noexcept {
  columns = problem.turned ? problem.tile_columns : count;
  lanes = static_cast<std::size_t>(count);
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

std::size_t RowTile::padded(std::size_t elements) noexcept {
  return (elements * sizeof(double) + 63) / 64 * 64;
}

std::size_t RowTile::value_bytes(const RowProblem &problem) noexcept {
  const auto columns = static_cast<std::size_t>(problem.tile_columns);
  const std::size_t elements = static_cast<std::size_t>(problem.rows) * columns;
  return static_cast<std::size_t>(problem.plan.element_places) * padded(elements) +
         static_cast<std::size_t>(problem.plan.column_places) * padded(columns);
}

std::size_t RowTile::reduction_bytes(const RowProblem &problem) noexcept {
  if (problem.rows <= (problem.last_axis ? inner_chunk : outer_block))
    return 0;
  std::size_t most = 0;
  const ReductionAxes axes = axes_of(problem, problem.tile_columns);
  for (int i = 0; i < problem.plan.step_count; ++i)
    if (const RowStep &step = problem.plan.steps[i]; step.loop == nullptr)
      most = std::max(most, step.op == OpKind::var_mean ? moments_scratch(axes, problem.plan.dtype)
                                                        : reduce_scratch(axes, problem.plan.dtype));
  return most;
}

std::int64_t RowTile::extent_of(const RowValue &value) const noexcept {
  return value.extent == RowValue::element ? problem.rows * columns : columns;
}

std::byte *RowTile::memory(const RowValue &value) const noexcept {
  const auto width = static_cast<std::size_t>(problem.tile_columns);
  const std::size_t elements = padded(static_cast<std::size_t>(problem.rows) * width);
  if (value.extent == RowValue::element)
    return workspace + static_cast<std::size_t>(value.place) * elements;
  return workspace + static_cast<std::size_t>(plan.element_places) * elements +
         static_cast<std::size_t>(value.place) * padded(width);
}

std::int64_t RowTile::offset_before(const RowOperand &operand, std::int64_t outer) noexcept {
  if (operand.before.rank == 1)
    return outer * operand.before.strides[0];
  return Odometer(operand.before, outer).offset();
}

void RowTile::load(int index, std::int64_t outer, std::int64_t first) noexcept {
  const RowOperand &operand = problem.operands[index];
  std::byte *to = memory(plan.values[index]);
  const std::byte *base = operand.before.data + offset_before(operand, outer) * operand.step;
  const auto step = static_cast<std::int64_t>(itemsize(plan.dtype));
  if (problem.turned) {
    at[index] = to;
    return turn(operand, base, first, to);
  }
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

void RowTile::turn(const RowOperand &operand, const std::byte *base, std::int64_t first,
                   std::byte *to) const noexcept {
  const std::int64_t row_stride = operand.behind.strides[0];
  const auto length = static_cast<std::size_t>(problem.rows);
  if (lanes < row_lanes) // what the others work on is ignored, but defined
    std::memset(to, 0, length * row_lanes * itemsize(plan.dtype));
  turn_rows(
      problem.table,
      {base + first * row_stride * operand.step, operand.behind.dtype, operand.stride, row_stride},
      length, lanes, plan.dtype, to);
}

bool RowTile::direct() const noexcept {
  return !problem.turned &&
         (plan.values[plan.result].extent != RowValue::element || columns == problem.columns);
}

std::byte *RowTile::target(std::int64_t outer, std::int64_t first) const noexcept {
  const auto step = static_cast<std::int64_t>(itemsize(plan.dtype));
  const bool element = plan.values[plan.result].extent == RowValue::element;
  return problem.call.results[0].data +
         (outer * (element ? problem.rows : 1) * problem.columns + first) * step;
}

void RowTile::place_results(const RowStep &step, std::int64_t outer, std::int64_t first) noexcept {
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

void RowTile::run_elementwise(const RowStep &step) noexcept {
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

ReductionAxes RowTile::axes_of(const RowProblem &problem, std::int64_t columns) noexcept {
  ReductionAxes axes{};
  axes.kept.dtype = axes.inner.dtype = axes.outer.dtype = problem.plan.dtype;
  axes.kept.push(columns, 1);
  axes.has_inner = problem.last_axis;
  axes.has_outer = !problem.last_axis;
  axes.inner.push(axes.has_inner ? problem.rows : 1, 1);
  axes.outer.push(axes.has_outer ? problem.rows : 1, columns);
  return axes;
}

ReductionProblem RowTile::reduction(const std::byte *data) const noexcept {
  return {axes_of(problem, columns), data, plan.dtype, plan.dtype, problem.rows};
}

void RowTile::run_reduction(const RowStep &step) noexcept {
  const std::byte *data = at[step.operands[0]];
  std::byte *to = at[step.result];
  if (step.op == OpKind::var_mean)
    return plan.dtype == DType::f32 ? moments<float>(step, data) : moments<double>(step, data);
  const Combine combine = step.op == OpKind::max   ? Combine::max
                          : step.op == OpKind::min ? Combine::min
                                                   : Combine::sum;
  if (problem.turned)
    fold_copy(problem.table, combine, plan.dtype, data, static_cast<std::size_t>(problem.rows),
              row_lanes, to);
  else if (problem.last_axis)
    inner_contiguous(problem.table, combine, plan.dtype, data, problem.rows, to, space());
  else
    reduce(problem.table, reduction(data), combine, to, space());
}

template <class T> void RowTile::moments(const RowStep &step, const std::byte *data) noexcept {
  auto *var = reinterpret_cast<T *>(at[step.result]);
  auto *mean = reinterpret_cast<T *>(at[step.result + 1]);
  const int dtype = slot(plan.dtype);
  if (problem.turned) {
    row_moments(problem.table, data, static_cast<std::size_t>(problem.rows), row_lanes, mean, var);
    for (std::size_t lane = 0; lane < row_lanes; ++lane)
      var[lane] = var[lane] / static_cast<T>(problem.rows);
    return;
  }
  if (problem.last_axis && problem.rows <= inner_chunk) { // one chunk
    const auto count = static_cast<std::size_t>(problem.rows);
    problem.table.chunk[slot(Combine::sum)][dtype](data, count, at[step.result + 1]);
    *mean = *mean / static_cast<T>(problem.rows);
    problem.table.deviation[dtype](data, count, at[step.result + 1], at[step.result]);
    *var = *var / static_cast<T>(problem.rows);
    return;
  }
  Moments<T> found[max_tile_columns];
  reduce_moments(problem.table, reduction(data), found, space());
  for (std::int64_t j = 0; j < columns; ++j) {
    var[j] = found[j].squares / static_cast<T>(problem.rows);
    mean[j] = found[j].mean;
  }
}

void RowTile::store(std::int64_t outer, std::int64_t first) const noexcept {
  if (direct())
    return;
  const auto step = static_cast<std::int64_t>(itemsize(plan.dtype));
  if (problem.turned)
    return turn_back(outer, first);
  for (std::int64_t row = 0; row < problem.rows; ++row)
    std::memcpy(target(outer, first) + row * problem.columns * step,
                at[plan.result] + row * columns * step, static_cast<std::size_t>(columns * step));
}

void RowTile::turn_back(std::int64_t outer, std::int64_t first) const noexcept {
  const bool element = plan.values[plan.result].extent == RowValue::element;
  const std::int64_t length = element ? problem.rows : 1;
  std::byte *to =
      problem.call.results[0].data +
      (outer * problem.columns + first) * length * static_cast<std::int64_t>(itemsize(plan.dtype));
  if (element)
    problem.table.transpose[slot(plan.dtype)](to, length, at[plan.result], row_lanes, lanes,
                                              static_cast<std::size_t>(length));
  else
    std::memcpy(to, at[plan.result], lanes * itemsize(plan.dtype));
}

} // namespace jit
