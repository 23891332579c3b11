// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// linear_scan: y = a y + b along an axis. A block by itself gives its y and the products of a; with
// the last y before it, `carry`, they become fma(product, carry, y).
#include "runtime/kernels/AxisCut.h"
#include "runtime/kernels/Odometer.h"
#include "runtime/kernels/Parallel.h"
#include "runtime/kernels/ScanParts.h"
#include "runtime/kernels/TileReader.h"
#include "runtime/ops/Attributes.h"

#include <cstring>

namespace jit {

namespace {

class LinearScan {
public:
  LinearScan(const KernelTable &table, const KernelCall &call) noexcept
      : table(table), attrs(LinearScanAttrs::decode(call.attrs)), a(call.operands[0], attrs.axis),
        b(call.operands[1], attrs.axis), result(call.results[0]), type(slot(result.meta->dtype)),
        step(static_cast<std::int64_t>(itemsize(result.meta->dtype))), extent(a.extent),
        columns(a.behind.size()) {}

  void run() const noexcept {
    const std::int64_t rows = a.before.size();
    if (columns == 1)
      return parallel_ranges(rows, units_per_range(4 * extent), [&](auto begin, auto end) {
        for (std::int64_t row = begin; row < end; ++row)
          scan_row(row);
      });
    const std::int64_t strip = scan_strip(columns), strips = (columns + strip - 1) / strip;
    parallel_ranges(rows * strips, units_per_range(4 * strip * extent), [&](auto begin, auto end) {
      for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::int64_t first = unit % strips * strip;
        scan_columns(unit / strips, first, std::min(strip, columns - first));
      }
    });
  }

private:
  const std::byte *row_data(const AxisCut &cut, std::int64_t row) const noexcept {
    return cut.before.data + Odometer(cut.before, row).offset() * step;
  }

  void scan_row(std::int64_t row) const noexcept {
    alignas(64) std::byte scratch[3][scan_segment * sizeof(double)];
    std::byte *products = scratch[2];
    const TileReader a_reader(a.along(), result.meta->dtype, table);
    const TileReader b_reader(b.along(), result.meta->dtype, table);
    alignas(8) std::byte carry[8];
    for (std::int64_t done = 0; done < extent; done += scan_segment) {
      const Segment segment(extent, done, attrs.reverse);
      const std::byte *factors =
          a_reader.read(row_data(a, row), segment.first, segment.count, scratch[0]);
      const std::byte *terms =
          b_reader.read(row_data(b, row), segment.first, segment.count, scratch[1]);
      std::byte *to = result.data + (row * extent + segment.first) * step;
      segment.for_runs([&](std::int64_t at, RunList runs) {
        table.linear_runs[type](factors + at * step, terms + at * step, products + at * step,
                                to + at * step, runs);
      });
      bool first = done == 0;
      segment.for_blocks([&](const Block &block) {
        if (!first)
          table.linear_join[type](to + block.first * step, products + block.first * step,
                                  static_cast<std::size_t>(block.count), carry);
        std::memcpy(carry, to + block.last * step, static_cast<std::size_t>(step));
        first = false;
      });
    }
  }

  void scan_columns(std::int64_t row, std::int64_t column, std::int64_t count) const noexcept {
    alignas(64) std::byte space[5][widest_scan_strip * sizeof(double)];
    std::byte *products = space[2], *local = space[3], *carry = space[4];
    const TileReader a_reader(a.behind, result.meta->dtype, table);
    const TileReader b_reader(b.behind, result.meta->dtype, table);
    const auto width = static_cast<std::size_t>(count);
    for (std::int64_t i = 0; i < extent; ++i) {
      const std::int64_t at = attrs.reverse ? extent - 1 - i : i;
      const std::byte *factors =
          a_reader.read(row_data(a, row) + at * a.stride * step, column, count, space[0]);
      const std::byte *terms =
          b_reader.read(row_data(b, row) + at * b.stride * step, column, count, space[1]);
      std::byte *to = result.data + ((row * extent + at) * columns + column) * step;
      table.linear_row[type](to, factors, terms, width, products, local,
                             i < scan_block ? nullptr : carry, i % scan_block == 0);
      if ((i + 1) % scan_block == 0)
        std::memcpy(carry, to, width * static_cast<std::size_t>(step));
    }
  }

  const KernelTable &table;
  const LinearScanAttrs attrs;
  const AxisCut a, b;
  const KernelResult &result;
  const int type;
  const std::int64_t step, extent, columns;
};

} // namespace

void run_linear_scan(const KernelTable &table, const KernelCall &call) noexcept {
  LinearScan(table, call).run();
}

} // namespace jit
