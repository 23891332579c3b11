// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pieces of an axis that scans walk: blocks of the canonical order, and segments of some blocks
// that are scanned side by side.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/KernelTable.h"
#include "runtime/scalar/Orders.h"

#include <algorithm>
#include <cstdint>

namespace jit {

/// Elements that are scanned at a time: some blocks, which stay in L1.
inline constexpr std::int64_t scan_segment = 8 * scan_block;

/// Elements [first, first + count) of a segment; `last` is the one that the scan meets last.
struct Block {
  std::int64_t first, count, last;
};

/// The elements of an axis that a scan meets as numbers `done`, `done` + 1, ...; blocks of a scan
/// from behind begin at the end.
struct Segment {
  std::int64_t first, count; ///< in memory
  bool reverse;

  Segment(std::int64_t extent, std::int64_t done, bool reverse) noexcept
      : count(std::min(scan_segment, extent - done)), reverse(reverse) {
    first = reverse ? extent - done - count : done;
  }

  /// body(first element, runs): the whole blocks, then a shorter one.
  template <class Body> void for_runs(const Body &body) const noexcept {
    const std::int64_t whole = count / scan_block, rest = count % scan_block;
    if (whole > 0)
      body(reverse ? rest : 0,
           RunList{static_cast<std::size_t>(whole), static_cast<std::size_t>(scan_block), reverse});
    if (rest > 0)
      body(reverse ? 0 : count - rest, RunList{1, static_cast<std::size_t>(rest), reverse});
  }
  /// body(block) in the order of the scan.
  template <class Body> void for_blocks(const Body &body) const noexcept {
    for (std::int64_t at = 0; at < count; at += scan_block) {
      const std::int64_t size = std::min(scan_block, count - at);
      const std::int64_t begin = reverse ? count - at - size : at;
      body(Block{begin, size, reverse ? begin : begin + size - 1});
    }
  }
};

/// Columns that are scanned together along an axis with others behind it.
inline constexpr std::int64_t widest_scan_strip = 1024;
/// By the shape only; some strips, so that threads have work.
constexpr std::int64_t scan_strip(std::int64_t columns) noexcept {
  constexpr std::int64_t narrowest = 256;
  return std::clamp((columns + 255) / 256 * 64, narrowest, widest_scan_strip);
}

void run_linear_scan(const KernelTable &table, const KernelCall &call) noexcept;

} // namespace jit
