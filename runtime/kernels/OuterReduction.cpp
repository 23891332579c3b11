// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Order `outer`: blocks of 256 rows by strips of columns, four chains a column.
#include "runtime/kernels/Reduction.h"

#include <algorithm>
#include <cstring>

namespace jit {

namespace {

constexpr auto block_rows = static_cast<std::int64_t>(outer_block);
constexpr std::int64_t strip = 512; ///< columns; their chains stay in L1
constexpr std::size_t strip_bytes = strip * sizeof(double);

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
  if (combine == Combine::sum) {
    const ScalarValue neutral(-0.0, source.dtype());
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
  const std::int64_t blocks = (rows + block_rows - 1) / block_rows;
  const std::int64_t strips = (columns + strip - 1) / strip;
  const std::int64_t cell_elements = std::min(rows, block_rows) * std::min(columns, strip);
  parallel_ranges(blocks * strips, units_per_range(cell_elements),
                  [&](std::int64_t begin, std::int64_t end) {
                    Workspace space;
                    for (std::int64_t i = begin; i < end; ++i) {
                      const std::int64_t block = i / strips, column = i % strips * strip;
                      run(Cell{block * block_rows, std::min(block_rows, rows - block * block_rows),
                               column, std::min(strip, columns - column)},
                          block, space);
                    }
                  });
}

template <class T>
bool join_blocks(const OuterRows &source, const KernelTable &table, Moments<T> *to) noexcept {
  const std::int64_t rows = source.row_count(), columns = source.column_count();
  const std::int64_t blocks = (rows + block_rows - 1) / block_rows;
  Scratch<> scratch(blocks == 1 ? 0 : static_cast<std::size_t>(blocks * columns) * sizeof(*to));
  auto *parts = blocks == 1 ? to : reinterpret_cast<Moments<T> *>(scratch.data());
  if (parts == nullptr)
    return false;
  for_cells(source, [&](const Cell &cell, std::int64_t block, Workspace &space) {
    cell_moments(table, source, cell, space, parts + block * columns + cell.column);
  });
  if (blocks == 1)
    return true;
  std::copy_n(parts, columns, to);
  for (std::int64_t block = 1; block < blocks; ++block) {
    const std::int64_t done = block * block_rows;
    const JoinWeights<T> weights(done, std::min(block_rows, rows - done));
    for (std::int64_t column = 0; column < columns; ++column)
      join(to[column], parts[block * columns + column], weights);
  }
  return true;
}

} // namespace

bool outer(const KernelTable &table, const OuterRows &source, Combine combine,
           std::byte *to) noexcept {
  const std::int64_t columns = source.column_count();
  const std::int64_t blocks = (source.row_count() + block_rows - 1) / block_rows;
  const auto step = static_cast<std::int64_t>(itemsize(source.dtype()));
  Scratch<> scratch(blocks == 1 ? 0 : static_cast<std::size_t>(blocks * columns * step));
  std::byte *parts = blocks == 1 ? to : scratch.data();
  if (parts == nullptr)
    return false;
  for_cells(source, [&](const Cell &cell, std::int64_t block, Workspace &space) {
    reduce_cell(table, source, cell, combine, space,
                parts + (block * columns + cell.column) * step);
  });
  if (blocks == 1)
    return true;
  StridedView rows, row;
  rows.dtype = row.dtype = source.dtype();
  rows.push(blocks, columns);
  row.push(columns, 1);
  return outer(table, OuterRows(table, rows, row, parts, source.dtype()), combine, to);
}

bool outer_moments(const OuterRows &source, const KernelTable &table, Moments<float> *to) noexcept {
  return join_blocks(source, table, to);
}
bool outer_moments(const OuterRows &source, const KernelTable &table,
                   Moments<double> *to) noexcept {
  return join_blocks(source, table, to);
}

} // namespace jit
