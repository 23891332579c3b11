// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cumulative_sum and cumulative_prod in the canonical order: blocks are scanned by themselves, then
// each element is combined with the last result of the block before. So blocks may be scanned side
// by side, and by several threads.
#include "runtime/kernels/AxisCut.h"
#include "runtime/kernels/CacheSizes.h"
#include "runtime/kernels/Families.h"
#include "runtime/kernels/Odometer.h"
#include "runtime/kernels/Parallel.h"
#include "runtime/kernels/ScalarValue.h"
#include "runtime/kernels/ScanParts.h"
#include "runtime/kernels/TileReader.h"
#include "runtime/ops/Attributes.h"

#include <cstdlib>
#include <cstring>

namespace jit {

namespace {

class CumulativeScan {
public:
  CumulativeScan(const KernelTable &table, const KernelCall &call) noexcept
      : table(table), attrs(CumulativeSumAttrs::decode(call.attrs)),
        x(call.operands[0], attrs.axis), result(call.results[0]), dtype(result.meta->dtype),
        step(static_cast<std::int64_t>(itemsize(dtype))),
        from_step(static_cast<std::int64_t>(itemsize(x.before.dtype))), along(x.along()),
        row_reader(along, dtype, table), strip_reader(x.behind, dtype, table),
        columns(x.behind.size()),
        what(call.op == OpKind::cumulative_sum ? Cumulate::sum : Cumulate::product),
        neutral(what == Cumulate::sum ? -0.0 : 1.0, dtype) {}

  void run(std::int64_t workers) const noexcept {
    const std::int64_t rows = x.before.size();
    if (columns > 1)
      return scan_columns(rows);
    if (x.extent <= scan_block)
      return scan_short_rows(rows);
    refresh_sharing(); // with one worker no job will look
    if (rows < few_rows && x.extent >= 2 * piece && workers > 1) {
      for (std::int64_t row = 0; row < rows; ++row)
        scan_long_row(row);
      return;
    }
    parallel_ranges(rows, units_per_range(x.extent), [&](auto begin, auto end) {
      for (std::int64_t row = begin; row < end; ++row)
        scan_row(row);
    });
  }

private:
  static constexpr std::int64_t few_rows = 8;
  /// Of a long row that threads share; its elements stay in the caches between the passes.
  static constexpr std::int64_t piece = 64 * scan_segment;

  const std::byte *row_data(std::int64_t row) const noexcept {
    return x.before.data + Odometer(x.before, row).offset() * from_step;
  }
  std::byte *row_result(std::int64_t row) const noexcept {
    return result.data + row * x.extent * step;
  }
  int slot_of() const noexcept { return slot(dtype); }

  /// The blocks of a segment, each by itself. `to` is where its first element in memory goes.
  void scan_blocks(const std::byte *row, const Segment &segment, std::byte *to) const noexcept {
    alignas(64) std::byte scratch[scan_segment * sizeof(double)];
    const std::byte *from = row_reader.read(row, segment.first, segment.count, scratch);
    const ScanRuns scan = table.scan_runs[slot(what)][slot_of()];
    segment.for_runs(
        [&](std::int64_t at, RunList runs) { scan(from + at * step, to + at * step, runs); });
  }

  /// `carry` becomes that behind the block, whose elements lie at `local`.
  void advance(std::byte *carry, const std::byte *local, std::int64_t last) const noexcept {
    table.scan_join[slot(what)][slot_of()](carry, local + last * step, 1, carry, false);
  }

  void scan_row(std::int64_t row) const noexcept {
    alignas(64) std::byte local[scan_segment * sizeof(double)];
    alignas(8) std::byte carry[8];
    std::memcpy(carry, neutral.bytes, 8);
    const std::byte *from = row_data(row);
    std::byte *to = row_result(row);
    const ScanJoin join = table.scan_join[slot(what)][slot_of()];
    const bool stream = streams();
    for (std::int64_t done = 0; done < x.extent; done += scan_segment) {
      const Segment segment(x.extent, done, attrs.reverse);
      std::byte *target = to + segment.first * step;
      std::byte *blocks = stream ? local : target;
      scan_blocks(from, segment, blocks);
      segment.for_blocks([&](const Block &block) {
        alignas(8) std::byte with[8];
        prefetch_behind(from, segment.first + block.first);
        std::memcpy(with, carry, 8);
        advance(carry, blocks, block.last);
        join(target + block.first * step, blocks + block.first * step,
             static_cast<std::size_t>(block.count), with, stream);
      });
    }
  }

  /// The block of the next segment that stands where this one does: blocks are read side by side,
  /// too many and too short streams for the hardware to foresee.
  void prefetch_behind(const std::byte *row, std::int64_t first) const noexcept {
    if (!row_reader.contiguous())
      return;
    const std::byte *next = row + (first + (attrs.reverse ? -scan_segment : scan_segment)) * step;
    for (std::int64_t at = 0; at < scan_block * step; at += 64)
      __builtin_prefetch(next + at);
  }

  /// Piece by piece: blocks by all threads, their ends one after another, then all elements.
  void scan_long_row(std::int64_t row) const noexcept {
    const std::byte *from = row_data(row);
    std::byte *to = row_result(row);
    const ScanJoin join = table.scan_join[slot(what)][slot_of()];
    std::byte carries[piece / scan_block][8];
    alignas(8) std::byte carry[8];
    std::memcpy(carry, neutral.bytes, 8);
    for (std::int64_t begin = 0; begin < x.extent; begin += piece) {
      const std::int64_t count = std::min(piece, x.extent - begin);
      const std::int64_t segments = (count + scan_segment - 1) / scan_segment;
      const auto segment_at = [&](std::int64_t k) {
        return Segment(x.extent, begin + k * scan_segment, attrs.reverse);
      };
      parallel_ranges(segments, 4, [&](auto first, auto end) {
        for (std::int64_t k = first; k < end; ++k) {
          const Segment segment = segment_at(k);
          scan_blocks(from, segment, to + segment.first * step);
        }
      });
      for (std::int64_t k = 0, b = 0; k < segments; ++k) {
        const Segment segment = segment_at(k);
        segment.for_blocks([&](const Block &block) {
          std::memcpy(carries[b++], carry, 8);
          advance(carry, to + segment.first * step, block.last);
        });
      }
      parallel_ranges(segments, 4, [&](auto first, auto end) {
        for (std::int64_t k = first; k < end; ++k) {
          const Segment segment = segment_at(k);
          std::int64_t b = k * (scan_segment / scan_block);
          segment.for_blocks([&](const Block &block) {
            std::byte *target = to + (segment.first + block.first) * step;
            join(target, target, static_cast<std::size_t>(block.count), carries[b++], false);
          });
        }
      });
    }
  }

  /// Rows of one block: some of them side by side.
  void scan_short_rows(std::int64_t rows) const noexcept {
    const std::int64_t n = x.extent, some = std::max<std::int64_t>(1, scan_segment / n);
    const ScanRuns scan = table.scan_runs[slot(what)][slot_of()];
    const bool adjacent =
        row_reader.contiguous() && x.before.rank == 1 && (rows == 1 || x.before.strides[0] == n);
    parallel_ranges((rows + some - 1) / some, units_per_range(some * n), [&](auto begin, auto end) {
      alignas(64) std::byte copy[scan_segment * sizeof(double)];
      for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::int64_t first = unit * some;
        const std::int64_t count = std::min(some, rows - first);
        const std::byte *from = adjacent ? row_data(first) : copy;
        if (!adjacent)
          gather_rows(first, count, copy);
        scan(from, row_result(first),
             {static_cast<std::size_t>(count), static_cast<std::size_t>(n), attrs.reverse});
      }
    });
  }
  void gather_rows(std::int64_t first, std::int64_t count, std::byte *copy) const noexcept {
    Odometer at(x.before, first);
    for (std::int64_t row = 0; row < count; ++row, at.next()) {
      std::byte *to = copy + row * x.extent * step;
      const std::byte *read =
          row_reader.read(x.before.data + at.offset() * from_step, 0, x.extent, to);
      if (read != to)
        std::memcpy(to, read, static_cast<std::size_t>(x.extent * step));
    }
  }

  /// Along an axis with others behind it: lanes are columns.
  void scan_columns(std::int64_t rows) const noexcept {
    const std::int64_t strip = scan_strip(columns), strips = (columns + strip - 1) / strip;
    parallel_ranges(rows * strips, units_per_range(strip * x.extent), [&](auto begin, auto end) {
      for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::int64_t first = unit % strips * strip;
        scan_strip_of(unit / strips, first, std::min(strip, columns - first));
      }
    });
  }
  void scan_strip_of(std::int64_t row, std::int64_t column, std::int64_t count) const noexcept {
    alignas(64) std::byte scratch[widest_scan_strip * sizeof(double)];
    alignas(64) std::byte local[widest_scan_strip * sizeof(double)];
    alignas(64) std::byte carry[widest_scan_strip * sizeof(double)];
    const ScanRow scan = table.scan_row[slot(what)][slot_of()];
    const auto width = static_cast<std::size_t>(count);
    const auto reset = [&](std::byte *to) {
      table.convert[slot_of()][slot_of()](to, neutral.bytes, 0, width);
    };
    const bool stream = streams();
    reset(carry);
    for (std::int64_t i = 0; i < x.extent; ++i) {
      const std::int64_t at = attrs.reverse ? x.extent - 1 - i : i;
      const bool ends_block = (i + 1) % scan_block == 0; // its last results are read again
      if (i % scan_block == 0)
        reset(local);
      std::byte *to = result.data + ((row * x.extent + at) * columns + column) * step;
      scan(to, strip_reader.read(row_data(row) + at * x.stride * from_step, column, count, scratch),
           width, local, carry, stream && !ends_block);
      if (ends_block)
        std::memcpy(carry, to, width * static_cast<std::size_t>(step));
    }
  }

  bool streams() const noexcept { return result.meta->size * step >= cache_sizes().l3; }

  const KernelTable &table;
  const CumulativeSumAttrs attrs;
  const AxisCut x;
  const KernelResult &result;
  const DType dtype;
  const std::int64_t step, from_step;
  const StridedView along;
  const TileReader row_reader, strip_reader;
  const std::int64_t columns;
  const Cumulate what;
  const ScalarValue neutral;
};

} // namespace

void run_scan(const KernelTable &table, const KernelCall &call, std::int64_t workers) noexcept {
  if (call.results[0].meta->size == 0)
    return;
  switch (call.op) {
  case OpKind::cumulative_sum:
  case OpKind::cumulative_prod:
    return CumulativeScan(table, call).run(workers);
  case OpKind::linear_scan:
    return run_linear_scan(table, call);
  default: // of other families
    std::abort();
  }
}

} // namespace jit
