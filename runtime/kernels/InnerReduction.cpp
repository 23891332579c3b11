// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Order `inner`: chunks of a reduced suffix, which threads may take in any order; their parts are
// combined by the same order again.
#include "runtime/kernels/Copy.h"
#include "runtime/kernels/Reduction.h"

#include <algorithm>

namespace jit {

namespace {

constexpr auto chunk_size = static_cast<std::int64_t>(inner_chunk);

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
  parallel_ranges(units.size() * chunks, units_per_range(std::min(size, chunk_size)),
                  [&](std::int64_t begin, std::int64_t end) {
                    alignas(64) std::byte scratch[inner_chunk * sizeof(double)];
                    Odometer at(units, begin / chunks);
                    std::int64_t unit = begin / chunks, chunk = begin % chunks;
                    for (std::int64_t i = begin; i < end; ++i) {
                      const std::int64_t first = chunk * chunk_size;
                      const std::int64_t count = std::min(chunk_size, size - first);
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

bool reduce_units(const KernelTable &table, const ReductionProblem &problem, Combine combine,
                  const StridedView &units, std::byte *to) noexcept {
  const std::int64_t chunks = (problem.axes.inner.size() + chunk_size - 1) / chunk_size;
  const auto step = static_cast<std::int64_t>(itemsize(problem.to));
  const ChunkLoop loop = table.chunk[slot(combine)][slot(problem.to)];
  const std::int64_t count = units.size();
  Scratch<> scratch(chunks == 1 ? 0 : static_cast<std::size_t>(count * chunks * step));
  std::byte *parts = chunks == 1 ? to : scratch.data();
  if (parts == nullptr)
    return false;
  for_chunks(table, problem, units, chunks,
             [&](std::int64_t unit, std::int64_t chunk, const std::byte *data, std::int64_t some) {
               loop(data, static_cast<std::size_t>(some), parts + (unit * chunks + chunk) * step);
             });
  if (chunks == 1)
    return true;
  for (std::int64_t unit = 0; unit < count; ++unit)
    if (!inner_contiguous(table, combine, problem.to, parts + unit * chunks * step, chunks,
                          to + unit * step))
      return false;
  return true;
}

/// Moments of every unit, its chunks joined in order.
template <class T>
bool unit_moments(const KernelTable &table, const ReductionProblem &problem,
                  const StridedView &units, Moments<T> *to) noexcept {
  const std::int64_t size = problem.axes.inner.size();
  const std::int64_t chunks = (size + chunk_size - 1) / chunk_size;
  const int dtype = slot(problem.to);
  const std::int64_t count = units.size();
  Scratch<> scratch(chunks == 1 ? 0 : static_cast<std::size_t>(count * chunks) * sizeof(*to));
  auto *parts = chunks == 1 ? to : reinterpret_cast<Moments<T> *>(scratch.data());
  if (parts == nullptr)
    return false;
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
    return true;
  for (std::int64_t unit = 0; unit < count; ++unit) {
    to[unit] = parts[unit * chunks];
    for (std::int64_t chunk = 1; chunk < chunks; ++chunk) {
      const std::int64_t done = chunk * chunk_size;
      join(to[unit], parts[unit * chunks + chunk],
           JoinWeights<T>(done, std::min(chunk_size, size - done)));
    }
  }
  return true;
}

template <class T>
bool moments(const KernelTable &table, const ReductionProblem &problem, Moments<T> *to) noexcept {
  const ReductionAxes &axes = problem.axes;
  if (!axes.has_outer)
    return unit_moments(table, problem, units_of(axes), to);
  if (!axes.has_inner)
    return outer_moments(OuterRows(table, axes.outer, axes.kept, problem.data, problem.to), table,
                         to);
  // Rows of the suffix count as parts, joined in the order of the other reduced positions.
  const std::int64_t rows = axes.outer.size(), columns = axes.kept.size();
  const std::int64_t per_row = axes.inner.size();
  Scratch<> scratch(static_cast<std::size_t>(rows * columns) * sizeof(*to));
  auto *parts = reinterpret_cast<Moments<T> *>(scratch.data());
  if (parts == nullptr || !unit_moments(table, problem, units_of(axes), parts))
    return false;
  std::copy_n(parts, columns, to);
  for (std::int64_t row = 1; row < rows; ++row) {
    const JoinWeights<T> weights(row * per_row, per_row);
    for (std::int64_t column = 0; column < columns; ++column)
      join(to[column], parts[row * columns + column], weights);
  }
  return true;
}

} // namespace

bool inner_contiguous(const KernelTable &table, Combine combine, DType dtype, const std::byte *data,
                      std::int64_t count, std::byte *to) noexcept {
  const ChunkLoop loop = table.chunk[slot(combine)][slot(dtype)];
  if (count <= chunk_size) {
    loop(data, static_cast<std::size_t>(count), to);
    return true;
  }
  const auto step = static_cast<std::int64_t>(itemsize(dtype));
  const std::int64_t chunks = (count + chunk_size - 1) / chunk_size;
  Scratch<> scratch(static_cast<std::size_t>(chunks * step));
  if (scratch.data() == nullptr)
    return false;
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk)
    loop(data + chunk * chunk_size * step,
         static_cast<std::size_t>(std::min(chunk_size, count - chunk * chunk_size)),
         scratch.data() + chunk * step);
  return inner_contiguous(table, combine, dtype, scratch.data(), chunks, to);
}

bool reduce(const KernelTable &table, const ReductionProblem &problem, Combine combine,
            std::byte *to) noexcept {
  const ReductionAxes &axes = problem.axes;
  if (!axes.has_outer && !axes.has_inner) { // one element is its own sum and extremum
    StridedView source = axes.kept;
    source.data = problem.data;
    const DimList strides = row_major_strides({source.dims, static_cast<std::size_t>(source.rank)});
    copy_view(table, source, {to, problem.to, strides.begin()});
    return true;
  }
  if (!axes.has_outer)
    return reduce_units(table, problem, combine, units_of(axes), to);
  if (!axes.has_inner)
    return outer(table, OuterRows(table, axes.outer, axes.kept, problem.data, problem.to), combine,
                 to);
  StridedView rows, columns;
  rows.dtype = columns.dtype = problem.to;
  rows.push(axes.outer.size(), axes.kept.size());
  columns.push(axes.kept.size(), 1);
  Scratch<> scratch(static_cast<std::size_t>(rows.dims[0] * columns.dims[0]) *
                    itemsize(problem.to));
  return scratch.data() != nullptr &&
         reduce_units(table, problem, combine, units_of(axes), scratch.data()) &&
         outer(table, OuterRows(table, rows, columns, scratch.data(), problem.to), combine, to);
}

bool reduce_moments(const KernelTable &table, const ReductionProblem &problem,
                    Moments<float> *to) noexcept {
  return moments(table, problem, to);
}
bool reduce_moments(const KernelTable &table, const ReductionProblem &problem,
                    Moments<double> *to) noexcept {
  return moments(table, problem, to);
}

} // namespace jit
