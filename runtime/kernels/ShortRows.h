// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of order `inner` that would leave most lanes of a vector idle. Blocks of them are turned, so
// that every lane works on a row of its own; reductions fold by the same tree, to the same bits.
#pragma once

#include "runtime/kernels/KernelTable.h"
#include "runtime/kernels/Odometer.h"
#include "runtime/kernels/Parallel.h"

namespace jit {

/// Elements of the longest row: the lanes of order `inner` before anything is folded.
constexpr std::int64_t longest_short_row(DType dtype) noexcept {
  return inner_lanes(itemsize(dtype));
}
/// With fewer rows turning costs more than it brings.
inline constexpr std::int64_t fewest_short_rows = 8;
/// Bytes of the largest block.
inline constexpr std::size_t row_block_bytes = 64 * row_lanes * sizeof(float);

/// Rows side by side; strides count elements.
struct RowSource {
  const std::byte *data;
  DType dtype;
  std::int64_t stride;     ///< along a row
  std::int64_t row_stride; ///< from row to row
};

/// `block[i * row_lanes + l]` = element i of row l, converted to `to`; lanes <= row_lanes.
void turn_rows(const KernelTable &table, const RowSource &source, std::size_t length,
               std::size_t lanes, DType to, std::byte *block) noexcept;

/// to[l] = the elements of row l, combined; the block stays as it is.
void fold_copy(const KernelTable &table, Combine combine, DType dtype, const std::byte *block,
               std::size_t length, std::size_t lanes, std::byte *to) noexcept;

/// Mean of every row of a block, and its squared distances from that; the block stays as it is.
template <class T>
void row_moments(const KernelTable &table, const std::byte *block, std::size_t length,
                 std::size_t lanes, T *mean, T *squares) noexcept;

class ShortRows {
public:
  /// One row for every element of `units`; converted to `to`.
  ShortRows(const KernelTable &table, const StridedView &row, const StridedView &units,
            const std::byte *data, DType to) noexcept;

  /// Whether there are enough of them, and short enough.
  static bool fit(const StridedView &row, const StridedView &units, DType to) noexcept;

  std::size_t length() const noexcept { return static_cast<std::size_t>(row.dims[0]); }

  /// body(unit, lanes, block) for all units, over the pool: lane l is the row of unit + l. The body
  /// may overwrite the block.
  template <class Body> void for_blocks(const Body &body) const noexcept {
    const std::int64_t extent = units.dims[units.rank - 1];
    constexpr auto most = static_cast<std::int64_t>(row_lanes);
    const std::int64_t blocks = (extent + most - 1) / most;
    parallel_ranges(units.size() / extent * blocks, units_per_range(most * row.dims[0]),
                    [&](std::int64_t begin, std::int64_t end) {
                      alignas(64) std::byte block[row_block_bytes];
                      Odometer line(lines, begin / blocks);
                      std::int64_t number = begin / blocks, first = begin % blocks * most;
                      for (std::int64_t i = begin; i < end; ++i) {
                        const auto lanes = static_cast<std::size_t>(std::min(most, extent - first));
                        read(line.offset(), first, lanes, block);
                        body(number * extent + first, lanes, block);
                        first += most;
                        if (first >= extent) {
                          first = 0;
                          ++number;
                          line.next();
                        }
                      }
                    });
  }

private:
  void read(std::int64_t offset, std::int64_t first, std::size_t lanes,
            std::byte *block) const noexcept;

  const KernelTable &table;
  const StridedView &row, &units;
  StridedView lines; ///< units without their last axis
  const std::byte *data;
  DType to;
};

} // namespace jit
