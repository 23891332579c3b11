// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the two canonical orders share: a reduction as data, and the two drivers.
#pragma once

#include "runtime/kernels/Axes.h"
#include "runtime/kernels/KernelTable.h"
#include "runtime/kernels/Moments.h"
#include "runtime/kernels/Odometer.h"
#include "runtime/kernels/Parallel.h"
#include "runtime/kernels/ScalarValue.h"
#include "runtime/kernels/Scratch.h"
#include "runtime/kernels/TileReader.h"

namespace jit {

struct ReductionProblem {
  ReductionAxes axes;
  const std::byte *data;
  DType from, to;     ///< elements are converted first
  std::int64_t count; ///< elements that are combined into one result; at least 1
};

/// One element of dtype `to` for every kept position. The space has reduce_scratch() bytes.
void reduce(const KernelTable &table, const ReductionProblem &problem, Combine combine,
            std::byte *to, ScratchSpace space) noexcept;
std::size_t reduce_scratch(const ReductionAxes &axes, DType to) noexcept;

/// Mean and squared distances for every kept position; `to` is a float type. The space has
/// moments_scratch() bytes.
void reduce_moments(const KernelTable &table, const ReductionProblem &problem, Moments<float> *to,
                    ScratchSpace space) noexcept;
void reduce_moments(const KernelTable &table, const ReductionProblem &problem, Moments<double> *to,
                    ScratchSpace space) noexcept;
std::size_t moments_scratch(const ReductionAxes &axes, DType to) noexcept;

/// Rows [0, rows) of `columns` elements as order `outer` reads them, converted.
class OuterRows {
public:
  OuterRows(const KernelTable &table, const StridedView &rows, const StridedView &columns,
            const std::byte *data, DType to) noexcept
      : rows(rows), data(data), reader(columns, to, table), to(to), step(itemsize(columns.dtype)),
        row_total(rows.size()), column_total(columns.size()) {}

  std::int64_t row_count() const noexcept { return row_total; }
  std::int64_t column_count() const noexcept { return column_total; }
  DType dtype() const noexcept { return to; }
  Odometer at_row(std::int64_t row) const noexcept { return Odometer(rows, row); }

  /// `count` elements of the row at `offset` from column `first` on.
  const std::byte *read(std::int64_t offset, std::int64_t first, std::int64_t count,
                        std::byte *scratch) const noexcept {
    return reader.read(data + offset * static_cast<std::int64_t>(step), first, count, scratch);
  }

private:
  const StridedView &rows;
  const std::byte *data;
  TileReader reader;
  DType to;
  std::size_t step;
  std::int64_t row_total, column_total;
};

/// inner(x) over contiguous elements of `dtype`; count >= 1.
void inner_contiguous(const KernelTable &table, Combine combine, DType dtype, const std::byte *data,
                      std::int64_t count, std::byte *to, ScratchSpace space) noexcept;
std::size_t inner_contiguous_scratch(DType dtype, std::int64_t count) noexcept;

/// outer over all rows, one element a column. Row count >= 1.
void outer(const KernelTable &table, const OuterRows &rows, Combine combine, std::byte *to,
           ScratchSpace space) noexcept;
std::size_t outer_scratch(DType dtype, std::int64_t rows, std::int64_t columns) noexcept;

void outer_moments(const OuterRows &rows, const KernelTable &table, Moments<float> *to,
                   ScratchSpace space) noexcept;
void outer_moments(const OuterRows &rows, const KernelTable &table, Moments<double> *to,
                   ScratchSpace space) noexcept;
std::size_t outer_moments_scratch(DType dtype, std::int64_t rows, std::int64_t columns) noexcept;

/// Of Moments<T> for the type that a dtype names.
inline std::int64_t moments_size(DType dtype) noexcept {
  return 2 * static_cast<std::int64_t>(itemsize(dtype));
}

} // namespace jit
