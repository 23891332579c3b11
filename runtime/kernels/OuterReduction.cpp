// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Order `outer`: blocks of 256 rows by strips of columns, four chains a column.
#include "runtime/kernels/Reduction.h"

#include <algorithm>
#include <cstring>

namespace jit {

namespace {

constexpr std::int64_t strip = 512; ///< columns; their chains stay in L1
constexpr std::size_t strip_bytes = strip * sizeof(double);

constexpr std::int64_t blocks_of(std::int64_t rows) {
  return (rows + outer_block - 1) / outer_block;
}

/// One block of rows by one strip of columns.
struct Cell {
  std::int64_t row, rows, column, columns;
};

struct Workspace {
  alignas(64) std::byte chains[outer_chains * strip_bytes];
  alignas(64) std::byte gathered[outer_step * strip_bytes];
};

/// run(rows, count) for the cell's rows, a step at a time.
template <class Run>
void for_steps(const OuterRows &source, const Cell &cell, Workspace &space, const Run &run) {
  Odometer at = source.at_row(cell.row);
  const std::byte *rows[outer_step];
  for (std::int64_t done = 0; done < cell.rows; done += outer_step) {
    const std::int64_t count = std::min<std::int64_t>(outer_step, cell.rows - done);
    for (std::int64_t i = 0; i < count; ++i, at.next())
      rows[i] = source.read(at.offset(), cell.column, cell.columns,
                            space.gathered + static_cast<std::size_t>(i) * strip_bytes);
    run(rows, static_cast<std::size_t>(count));
  }
}

void start_chains(const KernelTable &table, const OuterRows &source, const Cell &cell,
                  Combine combine, Workspace &space) {
  const int dtype = slot(source.dtype());
  const std::size_t step = itemsize(source.dtype());
  if (combine == Combine::sum || combine == Combine::prod) {
    const ScalarValue neutral(combine == Combine::sum ? -0.0 : 1.0, source.dtype());
    table.convert[dtype][dtype](space.chains, neutral.bytes, 0, outer_chains * strip);
    return;
  }
  // The first row is neutral for the other kinds, whatever chain sees it.
  const std::byte *first =
      source.read(source.at_row(cell.row).offset(), cell.column, cell.columns, space.gathered);
  for (std::size_t chain = 0; chain < outer_chains; ++chain)
    std::memcpy(space.chains + chain * strip * step, first,
                static_cast<std::size_t>(cell.columns) * step);
}

void reduce_cell(const KernelTable &table, const OuterRows &source, const Cell &cell,
                 Combine combine, Workspace &space, std::byte *part) {
  const int dtype = slot(source.dtype());
  const auto columns = static_cast<std::size_t>(cell.columns);
  const OuterLoop loop = table.outer[slot(combine)][dtype];
  start_chains(table, source, cell, combine, space);
  for_steps(source, cell, space, [&](const std::byte *const *rows, std::size_t count) {
    loop(rows, count, columns, space.chains, strip);
  });
  table.outer_finish[slot(combine)][dtype](space.chains, strip, columns, part);
}

template <class T>
void cell_moments(const KernelTable &table, const OuterRows &source, const Cell &cell,
                  Workspace &space, Moments<T> *to) {
  alignas(64) T mean[strip], squares[strip];
  auto *mean_bytes = reinterpret_cast<std::byte *>(mean);
  reduce_cell(table, source, cell, Combine::sum, space, mean_bytes);
  for (std::int64_t j = 0; j < cell.columns; ++j)
    mean[j] = mean[j] / static_cast<T>(cell.rows);
  const int dtype = slot(source.dtype());
  const auto columns = static_cast<std::size_t>(cell.columns);
  start_chains(table, source, cell, Combine::sum, space);
  for_steps(source, cell, space, [&](const std::byte *const *rows, std::size_t count) {
    table.outer_deviation[dtype](rows, count, columns, mean_bytes, space.chains, strip);
  });
  table.outer_finish[slot(Combine::sum)][dtype](space.chains, strip, columns,
                                                reinterpret_cast<std::byte *>(squares));
  for (std::int64_t j = 0; j < cell.columns; ++j)
    to[j] = {mean[j], squares[j]};
}

/// run(cell, block, workspace) for every cell, over the pool.
template <class Run> void for_cells(const OuterRows &source, const Run &run) {
  const std::int64_t rows = source.row_count(), columns = source.column_count();
  const std::int64_t blocks = blocks_of(rows);
  const std::int64_t strips = (columns + strip - 1) / strip;
  const std::int64_t cell_elements = std::min(rows, outer_block) * std::min(columns, strip);
  parallel_ranges(
      blocks * strips, units_per_range(cell_elements), [&](std::int64_t begin, std::int64_t end) {
        Workspace space;
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t block = i / strips, column = i % strips * strip;
          run(Cell{block * outer_block, std::min(outer_block, rows - block * outer_block), column,
                   std::min(strip, columns - column)},
              block, space);
        }
      });
}

template <class T>
void join_blocks(const OuterRows &source, const KernelTable &table, Moments<T> *to,
                 ScratchSpace space) noexcept {
  const std::int64_t rows = source.row_count(), columns = source.column_count();
  const std::int64_t blocks = blocks_of(rows);
  auto *parts = blocks == 1 ? to : space.take<Moments<T>>(blocks * columns);
  for_cells(source, [&](const Cell &cell, std::int64_t block, Workspace &work) {
    cell_moments(table, source, cell, work, parts + block * columns + cell.column);
  });
  if (blocks == 1)
    return;
  std::copy_n(parts, columns, to);
  for (std::int64_t block = 1; block < blocks; ++block) {
    const std::int64_t done = block * outer_block;
    const JoinWeights<T> weights(done, std::min(outer_block, rows - done));
    for (std::int64_t column = 0; column < columns; ++column)
      join(to[column], parts[block * columns + column], weights);
  }
}

} // namespace

void outer(const KernelTable &table, const OuterRows &source, Combine combine, std::byte *to,
           ScratchSpace space) noexcept {
  const std::int64_t columns = source.column_count();
  const std::int64_t blocks = blocks_of(source.row_count());
  const auto step = static_cast<std::int64_t>(itemsize(source.dtype()));
  std::byte *parts = blocks == 1 ? to : space.take(blocks * columns * step);
  for_cells(source, [&](const Cell &cell, std::int64_t block, Workspace &work) {
    reduce_cell(table, source, cell, combine, work, parts + (block * columns + cell.column) * step);
  });
  if (blocks == 1)
    return;
  StridedView rows, row;
  rows.dtype = row.dtype = source.dtype();
  rows.push(blocks, columns);
  row.push(columns, 1);
  outer(table, OuterRows(table, rows, row, parts, source.dtype()), combine, to, space);
}

std::size_t outer_scratch(DType dtype, std::int64_t rows, std::int64_t columns) noexcept {
  const std::int64_t blocks = blocks_of(rows), step = static_cast<std::int64_t>(itemsize(dtype));
  return blocks <= 1
             ? 0
             : scratch_part(blocks * columns * step) + outer_scratch(dtype, blocks, columns);
}

void outer_moments(const OuterRows &source, const KernelTable &table, Moments<float> *to,
                   ScratchSpace space) noexcept {
  join_blocks(source, table, to, space);
}
void outer_moments(const OuterRows &source, const KernelTable &table, Moments<double> *to,
                   ScratchSpace space) noexcept {
  join_blocks(source, table, to, space);
}

std::size_t outer_moments_scratch(DType dtype, std::int64_t rows, std::int64_t columns) noexcept {
  const std::int64_t blocks = blocks_of(rows);
  return blocks <= 1 ? 0 : scratch_part(blocks * columns * moments_size(dtype));
}

} // namespace jit
