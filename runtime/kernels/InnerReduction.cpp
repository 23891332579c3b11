// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Order `inner`: chunks of a reduced suffix, which threads may take in any order; their parts are
// combined by the same order again.
#include "runtime/kernels/Copy.h"
#include "runtime/kernels/Reduction.h"
#include "runtime/kernels/ShortRows.h"

#include <algorithm>

namespace jit {

namespace {

constexpr std::int64_t chunks_of(std::int64_t size) {
  return (size + inner_chunk - 1) / inner_chunk;
}

/// The positions that get one inner reduction each: outer ones first, kept ones inside.
StridedView units_of(const ReductionAxes &axes) noexcept {
  StridedView units = axes.kept;
  if (!axes.has_outer)
    return units;
  units = axes.outer;
  for (int axis = 0; axis < axes.kept.rank; ++axis)
    units.push(axes.kept.dims[axis], axes.kept.strides[axis]);
  return units;
}

/// run(unit, chunk, data, count) for every chunk of every unit, the data in dtype `to`.
template <class Run>
void for_chunks(const KernelTable &table, const ReductionProblem &problem, const StridedView &units,
                std::int64_t chunks, const Run &run) noexcept {
  const std::int64_t size = problem.axes.inner.size();
  const auto step = static_cast<std::int64_t>(itemsize(problem.from));
  const TileReader reader(problem.axes.inner, problem.to, table);
  parallel_ranges(units.size() * chunks, units_per_range(std::min(size, inner_chunk)),
                  [&](std::int64_t begin, std::int64_t end) {
                    alignas(64) std::byte scratch[inner_chunk * sizeof(double)];
                    Odometer at(units, begin / chunks);
                    std::int64_t unit = begin / chunks, chunk = begin % chunks;
                    for (std::int64_t i = begin; i < end; ++i) {
                      const std::int64_t first = chunk * inner_chunk;
                      const std::int64_t count = std::min(inner_chunk, size - first);
                      const std::byte *data = problem.data + at.offset() * step;
                      run(unit, chunk, reader.read(data, first, count, scratch), count);
                      if (++chunk == chunks) {
                        chunk = 0;
                        ++unit;
                        at.next();
                      }
                    }
                  });
}

void reduce_units(const KernelTable &table, const ReductionProblem &problem, Combine combine,
                  const StridedView &units, std::byte *to, ScratchSpace space) noexcept {
  const std::int64_t chunks = chunks_of(problem.axes.inner.size());
  const auto step = static_cast<std::int64_t>(itemsize(problem.to));
  if (ShortRows::fit(problem.axes.inner, units, problem.to)) {
    const FoldRows fold = table.fold_rows[slot(combine)][slot(problem.to)];
    const ShortRows rows(table, problem.axes.inner, units, problem.data, problem.to);
    return rows.for_blocks([&](std::int64_t unit, std::size_t lanes, std::byte *block) {
      fold(block, rows.length(), lanes, to + unit * step);
    });
  }
  const ChunkLoop loop = table.chunk[slot(combine)][slot(problem.to)];
  const std::int64_t count = units.size();
  std::byte *parts = chunks == 1 ? to : space.take(count * chunks * step);
  for_chunks(table, problem, units, chunks,
             [&](std::int64_t unit, std::int64_t chunk, const std::byte *data, std::int64_t some) {
               loop(data, static_cast<std::size_t>(some), parts + (unit * chunks + chunk) * step);
             });
  if (chunks > 1)
    for (std::int64_t unit = 0; unit < count; ++unit)
      inner_contiguous(table, combine, problem.to, parts + unit * chunks * step, chunks,
                       to + unit * step, space);
}

std::size_t units_scratch(DType dtype, std::int64_t units, std::int64_t size) noexcept {
  const std::int64_t chunks = chunks_of(size), step = static_cast<std::int64_t>(itemsize(dtype));
  return chunks <= 1
             ? 0
             : scratch_part(units * chunks * step) + inner_contiguous_scratch(dtype, chunks);
}

template <class T>
void short_moments(const KernelTable &table, const ShortRows &rows, Moments<T> *to) noexcept {
  rows.for_blocks([&](std::int64_t unit, std::size_t lanes, std::byte *block) {
    alignas(64) T mean[row_lanes], squares[row_lanes];
    row_moments(table, block, rows.length(), lanes, mean, squares);
    for (std::size_t lane = 0; lane < lanes; ++lane)
      to[unit + static_cast<std::int64_t>(lane)] = {mean[lane], squares[lane]};
  });
}

/// Moments of every unit, its chunks joined in order.
template <class T>
void unit_moments(const KernelTable &table, const ReductionProblem &problem,
                  const StridedView &units, Moments<T> *to, ScratchSpace space) noexcept {
  const std::int64_t size = problem.axes.inner.size();
  const std::int64_t chunks = chunks_of(size);
  const int dtype = slot(problem.to);
  if (ShortRows::fit(problem.axes.inner, units, problem.to))
    return short_moments(table,
                         ShortRows(table, problem.axes.inner, units, problem.data, problem.to), to);
  const std::int64_t count = units.size();
  auto *parts = chunks == 1 ? to : space.take<Moments<T>>(count * chunks);
  for_chunks(table, problem, units, chunks,
             [&](std::int64_t unit, std::int64_t chunk, const std::byte *data, std::int64_t some) {
               Moments<T> &part = parts[unit * chunks + chunk];
               const auto length = static_cast<std::size_t>(some);
               table.chunk[slot(Combine::sum)][dtype](data, length,
                                                      reinterpret_cast<std::byte *>(&part.mean));
               part.mean = part.mean / static_cast<T>(some);
               table.deviation[dtype](data, length, reinterpret_cast<std::byte *>(&part.mean),
                                      reinterpret_cast<std::byte *>(&part.squares));
             });
  if (chunks == 1)
    return;
  for (std::int64_t unit = 0; unit < count; ++unit) {
    to[unit] = parts[unit * chunks];
    for (std::int64_t chunk = 1; chunk < chunks; ++chunk) {
      const std::int64_t done = chunk * inner_chunk;
      join(to[unit], parts[unit * chunks + chunk],
           JoinWeights<T>(done, std::min(inner_chunk, size - done)));
    }
  }
}

std::size_t unit_moments_scratch(DType dtype, std::int64_t units, std::int64_t size) noexcept {
  const std::int64_t chunks = chunks_of(size);
  return chunks <= 1 ? 0 : scratch_part(units * chunks * moments_size(dtype));
}

template <class T>
void moments(const KernelTable &table, const ReductionProblem &problem, Moments<T> *to,
             ScratchSpace space) noexcept {
  const ReductionAxes &axes = problem.axes;
  if (!axes.has_outer)
    return unit_moments(table, problem, units_of(axes), to, space);
  if (!axes.has_inner)
    return outer_moments(OuterRows(table, axes.outer, axes.kept, problem.data, problem.to), table,
                         to, space);
  // Rows of the suffix count as parts, joined in the order of the other reduced positions.
  const std::int64_t rows = axes.outer.size(), columns = axes.kept.size();
  const std::int64_t per_row = axes.inner.size();
  auto *parts = space.take<Moments<T>>(rows * columns);
  unit_moments(table, problem, units_of(axes), parts, space);
  std::copy_n(parts, columns, to);
  for (std::int64_t row = 1; row < rows; ++row) {
    const JoinWeights<T> weights(row * per_row, per_row);
    for (std::int64_t column = 0; column < columns; ++column)
      join(to[column], parts[row * columns + column], weights);
  }
}

} // namespace

void inner_contiguous(const KernelTable &table, Combine combine, DType dtype, const std::byte *data,
                      std::int64_t count, std::byte *to, ScratchSpace space) noexcept {
  const ChunkLoop loop = table.chunk[slot(combine)][slot(dtype)];
  if (count <= inner_chunk) {
    loop(data, static_cast<std::size_t>(count), to);
    return;
  }
  const auto step = static_cast<std::int64_t>(itemsize(dtype));
  const std::int64_t chunks = chunks_of(count);
  std::byte *parts = space.take(chunks * step);
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk)
    loop(data + chunk * inner_chunk * step,
         static_cast<std::size_t>(std::min(inner_chunk, count - chunk * inner_chunk)),
         parts + chunk * step);
  inner_contiguous(table, combine, dtype, parts, chunks, to, space);
}

std::size_t inner_contiguous_scratch(DType dtype, std::int64_t count) noexcept {
  return units_scratch(dtype, 1, count);
}

void reduce(const KernelTable &table, const ReductionProblem &problem, Combine combine,
            std::byte *to, ScratchSpace space) noexcept {
  const ReductionAxes &axes = problem.axes;
  if (!axes.has_outer && !axes.has_inner) { // one element is its own sum and extremum
    StridedView source = axes.kept;
    source.data = problem.data;
    const DimList strides = row_major_strides({source.dims, static_cast<std::size_t>(source.rank)});
    return copy_view(table, source, {to, problem.to, strides.begin()});
  }
  if (!axes.has_outer)
    return reduce_units(table, problem, combine, units_of(axes), to, space);
  if (!axes.has_inner)
    return outer(table, OuterRows(table, axes.outer, axes.kept, problem.data, problem.to), combine,
                 to, space);
  StridedView rows, columns;
  rows.dtype = columns.dtype = problem.to;
  rows.push(axes.outer.size(), axes.kept.size());
  columns.push(axes.kept.size(), 1);
  std::byte *parts =
      space.take(rows.dims[0] * columns.dims[0] * static_cast<std::int64_t>(itemsize(problem.to)));
  reduce_units(table, problem, combine, units_of(axes), parts, space);
  outer(table, OuterRows(table, rows, columns, parts, problem.to), combine, to, space);
}

std::size_t reduce_scratch(const ReductionAxes &axes, DType to) noexcept {
  const std::int64_t rows = axes.outer.size(), columns = axes.kept.size();
  if (!axes.has_inner)
    return axes.has_outer ? outer_scratch(to, rows, columns) : 0;
  if (!axes.has_outer)
    return units_scratch(to, columns, axes.inner.size());
  return scratch_part(rows * columns * static_cast<std::int64_t>(itemsize(to))) +
         std::max(units_scratch(to, rows * columns, axes.inner.size()),
                  outer_scratch(to, rows, columns));
}

void reduce_moments(const KernelTable &table, const ReductionProblem &problem, Moments<float> *to,
                    ScratchSpace space) noexcept {
  moments(table, problem, to, space);
}
void reduce_moments(const KernelTable &table, const ReductionProblem &problem, Moments<double> *to,
                    ScratchSpace space) noexcept {
  moments(table, problem, to, space);
}

std::size_t moments_scratch(const ReductionAxes &axes, DType to) noexcept {
  const std::int64_t rows = axes.outer.size(), columns = axes.kept.size();
  if (!axes.has_outer)
    return unit_moments_scratch(to, columns, axes.inner.size());
  if (!axes.has_inner)
    return outer_moments_scratch(to, rows, columns);
  return scratch_part(rows * columns * moments_size(to)) +
         unit_moments_scratch(to, rows * columns, axes.inner.size());
}

} // namespace jit
