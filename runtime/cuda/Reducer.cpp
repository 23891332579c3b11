// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/Reduction.h"

#include "runtime/cuda/RowLaunch.h"
#include "runtime/program/Cells.h"

namespace jit::gpu {
namespace {

constexpr std::string_view fold_names[] = {"sum",    "prod",   "max",    "min",
                                           "argmax", "argmin", "moments"};
/// What lies one after another, `step` elements apart.
StridedView line(std::int64_t count, std::int64_t step) noexcept {
  StridedView view;
  view.push(count, step);
  return view;
}

void append(StridedView &to, const StridedView &more) noexcept {
  for (int axis = 0; axis < more.rank; ++axis)
    if (more.dims[axis] != 1)
      to.push(more.dims[axis], more.strides[axis]);
}

} // namespace

void Reducer::divide_by(std::int64_t number) noexcept {
  divides = true;
  divisor = cell_of(Scalar(number), to);
}

Launched Reducer::run(const StridedView &operand, std::uint32_t reduced,
                      FoldResults to_here) noexcept {
  results = to_here;
  ReductionAxes axes = classify(operand, reduced);
  axes.kept.data = operand.data;
  axes.kept.dtype = operand.dtype;
  const bool mixes = is_winner() && axes.has_inner && axes.has_outer;
  const bool one_step = axes.inner.rank == 1 && axes.outer.rank == 1;
  if (mixes || !one_step || !reads(operand.dtype))
    if (const Launched launched = gather(operand, axes); launched != Launched::yes)
      return launched;
  return reduce(axes);
}

/// Whether there are kernels that convert it themselves.
bool Reducer::reads(DType from) const noexcept {
  if (from == to)
    return true;
  const bool adds = fold == Fold::sum || fold == Fold::prod;
  return adds && (is_float(to) ? from == DType::f32 && to == DType::f64 : !is_float(from));
}

/// A copy without gaps, converted, whose parts have one axis each: kept positions in front of
/// `inner`, behind `outer`. Of winners all reduced positions are `inner`.
Launched Reducer::gather(const StridedView &operand, ReductionAxes &axes) noexcept {
  const std::int64_t outer = axes.outer.size(), kept = axes.kept.size(), inner = axes.inner.size();
  StridedView all;
  all.data = operand.data;
  all.dtype = operand.dtype;
  if (is_winner())
    append(all, axes.kept);
  append(all, axes.outer);
  if (!is_winner())
    append(all, axes.kept);
  append(all, axes.inner);
  std::byte *copy = scratch.take(outer * kept * inner, to);
  if (!copy)
    return Launched::refused;
  axes.kept = line(kept, inner);
  axes.outer = line(outer, kept * inner);
  axes.inner = line(inner, 1);
  if (is_winner()) {
    axes.kept = line(kept, outer * inner);
    axes.outer = line(1, 1);
    axes.inner = line(outer * inner, 1);
    axes.has_inner = true;
    axes.has_outer = false;
  }
  axes.kept.data = copy;
  axes.kept.dtype = to;
  return run_copy(gpu, all, to, copy);
}

Launched Reducer::reduce(ReductionAxes &axes) noexcept {
  if (axes.has_inner && axes.has_outer)
    return run_both(axes);
  const StridedView &row = axes.has_outer ? axes.outer : axes.inner;
  return run_rows(
      {axes.kept.data, nullptr, axes.kept.dtype, axes.kept, row.dims[0], row.strides[0]},
      axes.has_outer, results, true);
}

/// Inner first, for each outer and kept position, then outer.
Launched Reducer::run_both(const ReductionAxes &axes) noexcept {
  const std::int64_t rows = axes.outer.size(), columns = axes.kept.size();
  const std::int64_t per_row = axes.inner.size();
  StridedView begins;
  append(begins, axes.outer);
  append(begins, axes.kept);
  const FoldResults parts = take(rows * columns);
  if (!parts.first)
    return Launched::refused;
  const Launched launched =
      run_rows({axes.kept.data, nullptr, axes.kept.dtype, begins, per_row, axes.inner.strides[0]},
               false, parts, false);
  if (launched != Launched::yes)
    return launched;
  if (fold == Fold::moments)
    return join({parts, columns, rows, per_row, rows * per_row, 1, columns}, results, true);
  return run_rows({parts.first, nullptr, to, line(columns, 1), rows, columns}, true, results, true);
}

/// Places for so many results; `first` is null if there is no memory.
FoldResults Reducer::take(std::int64_t count) noexcept {
  FoldResults places{scratch.take(count, to), nullptr};
  if (is_winner() || fold == Fold::moments) {
    places.second = scratch.take(count, is_winner() ? DType::i64 : to);
    if (!places.second)
      places.first = nullptr;
  }
  return places;
}

Launched Reducer::run_rows(Rows rows, bool outer, FoldResults to_here, bool is_last) noexcept {
  const std::int64_t chunk = outer ? outer_block : inner_chunk, count = rows.begins.size();
  for (;;) {
    const std::int64_t chunks = ceil_div(rows.length, chunk);
    if (chunks == 1)
      return launch(rows, outer, chunks, to_here, divides && is_last);
    const FoldResults parts = take(count * chunks);
    if (!parts.first)
      return Launched::refused;
    const Launched launched = launch(rows, outer, chunks, parts, false);
    if (launched != Launched::yes)
      return launched;
    const std::int64_t row_step = outer ? 1 : chunks, step = outer ? count : 1;
    if (fold == Fold::moments)
      return join({parts, count, chunks, chunk, rows.length, row_step, step}, to_here, is_last);
    rows = {parts.first, reinterpret_cast<const long long *>(parts.second),
            to,          line(count, row_step),
            chunks,      step};
  }
}

Launched Reducer::launch(const Rows &rows, bool outer, std::int64_t chunks, FoldResults to_here,
                         bool divide) noexcept {
  const DType result = is_winner() ? DType::i64 : to;
  ReduceArgs args{};
  args.result = to_here.first;
  args.second = to_here.second;
  args.x = rows.data;
  args.indices = rows.indices;
  args.divisor = divisor;
  args.divides = divide;
  args.rows = static_cast<std::uint64_t>(rows.begins.size());
  args.length = static_cast<std::uint64_t>(rows.length);
  args.chunks = static_cast<std::uint64_t>(chunks);
  args.step = rows.step;
  set_axes(args.axes, rows.begins);
  args.members = 1;
  if (!outer) {
    const std::int64_t vector = inner_vector(rows.dtype, result);
    args.members = members_of(rows.length, vector);
    args.aligned = (rows.step == 1 || rows.length == 1) &&
                   is_aligned(rows.data, rows.begins, rows.dtype, vector);
  }
  const std::int64_t places = rows.begins.size() * chunks;
  return start(gpu,
               find_kernel(gpu, {"reduce", fold_names[static_cast<std::size_t>(fold)],
                                 name(rows.dtype), name(result), outer ? "outer" : "inner"}),
               ceil_div(places * args.members, row_threads), args);
}

Launched Reducer::join(const Parts &parts, FoldResults to_here, bool is_last) noexcept {
  MomentsJoinArgs args{};
  args.squares = to_here.first;
  args.means = to_here.second;
  args.part_squares = parts.from.first;
  args.part_means = parts.from.second;
  args.divisor = divisor;
  args.divides = divides && is_last;
  args.rows = static_cast<std::uint64_t>(parts.rows);
  args.parts = static_cast<std::uint64_t>(parts.count);
  args.points_of_part = static_cast<std::uint64_t>(parts.points_of_part);
  args.points = static_cast<std::uint64_t>(parts.points);
  args.row_step = parts.row_step;
  args.step = parts.step;
  constexpr std::int64_t threads_of_row = 32;
  return start(gpu, find_kernel(gpu, {"moments", name(to), "join"}),
               ceil_div(parts.rows * threads_of_row, row_threads), args);
}

} // namespace jit::gpu
