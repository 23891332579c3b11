// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/ShortRows.h"

#include <cstring>

namespace jit {

void turn_rows(const KernelTable &table, const RowSource &source, std::size_t length,
               std::size_t lanes, DType to, std::byte *block) noexcept {
  if (source.stride == 1 && source.row_stride != 1 && source.dtype == to)
    return table.transpose[slot(to)](block, row_lanes, source.data, source.row_stride, length,
                                     lanes);
  const auto convert = table.convert[slot(to)][slot(source.dtype)];
  const std::int64_t step = source.stride * static_cast<std::int64_t>(itemsize(source.dtype));
  for (std::size_t i = 0; i < length; ++i)
    convert(block + i * row_lanes * itemsize(to), source.data + static_cast<std::int64_t>(i) * step,
            source.row_stride, lanes);
}

void fold_copy(const KernelTable &table, Combine combine, DType dtype, const std::byte *block,
               std::size_t length, std::size_t lanes, std::byte *to) noexcept {
  alignas(64) std::byte copy[row_block_bytes];
  std::memcpy(copy, block, length * row_lanes * itemsize(dtype));
  table.fold_rows[slot(combine)][slot(dtype)](copy, length, lanes, to);
}

template <class T>
void row_moments(const KernelTable &table, const std::byte *block, std::size_t length,
                 std::size_t lanes, T *mean, T *squares) noexcept {
  constexpr DType dtype = dtype_of<T>;
  auto *mean_bytes = reinterpret_cast<std::byte *>(mean);
  fold_copy(table, Combine::sum, dtype, block, length, lanes, mean_bytes);
  for (std::size_t lane = 0; lane < lanes; ++lane)
    mean[lane] = mean[lane] / static_cast<T>(length);
  alignas(64) std::byte copy[row_block_bytes];
  std::memcpy(copy, block, length * row_lanes * sizeof(T));
  table.square_deviations[slot(dtype)](copy, length, lanes, mean_bytes);
  table.fold_rows[slot(Combine::sum)][slot(dtype)](copy, length, lanes,
                                                   reinterpret_cast<std::byte *>(squares));
}
template void row_moments(const KernelTable &, const std::byte *, std::size_t, std::size_t, float *,
                          float *) noexcept;
template void row_moments(const KernelTable &, const std::byte *, std::size_t, std::size_t,
                          double *, double *) noexcept;

ShortRows::ShortRows(const KernelTable &table, const StridedView &row, const StridedView &units,
                     const std::byte *data, DType to) noexcept
    : table(table), row(row), units(units), lines(units), data(data), to(to) {
  lines.rank = units.rank - 1;
}

bool ShortRows::fit(const StridedView &row, const StridedView &units, DType to) noexcept {
  return row.rank == 1 && row.dims[0] <= longest_short_row(to) && units.rank >= 1 &&
         units.dims[units.rank - 1] >= fewest_short_rows;
}

void ShortRows::read(std::int64_t offset, std::int64_t first, std::size_t lanes,
                     std::byte *block) const noexcept {
  const std::int64_t row_stride = units.strides[units.rank - 1];
  const auto step = static_cast<std::int64_t>(itemsize(row.dtype));
  turn_rows(table,
            {data + (offset + first * row_stride) * step, row.dtype, row.strides[0], row_stride},
            length(), lanes, to, block);
}

} // namespace jit
