// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// KernelTable: everything that is compiled once per instruction set, as function pointers. Sources
// in isa/ fill it; nothing else crosses the border, and no inline code is shared with them.
#pragma once

#include "runtime/kernels/Isa.h"
#include "runtime/ops/OpTable.h"
#include "runtime/scalar/Orders.h"

#include <cstddef>
#include <cstdint>

namespace jit {

inline constexpr int dtype_count = static_cast<int>(DType::f64) + 1;
inline constexpr int function_count = static_cast<int>(ScalarFunction::none);

/// Elements a tile holds: small enough that some tiles of 8-byte elements stay in L1.
inline constexpr std::size_t tile_elements = 2048;

/// Rows that one step of order `outer` takes.
inline constexpr std::size_t outer_step = 16;

/// Bit k set: operand k is one element that stands for all.
struct ScalarArgs {
  std::uint32_t broadcast;
};

/// pointers[0] is the result, the operands follow; all without gaps.
using ElementLoop = void (*)(std::byte *const *pointers, std::size_t count, const ScalarArgs *args);

/// Element i of `to` = element i * stride of `from`, converted.
using ConvertLoop = void (*)(std::byte *to, const std::byte *from, std::ptrdiff_t stride,
                             std::size_t count);

/// Element i of run r, in `to` without gaps, = from[r * run_stride + i * stride]; length and runs
/// are at least 1.
using CopyRunsLoop = void (*)(std::byte *to, const std::byte *from, std::size_t length,
                              std::ptrdiff_t stride, std::size_t runs, std::ptrdiff_t run_stride);

/// Rows and columns that one transposed copy takes at most: both sides stay in L1.
inline constexpr std::size_t transpose_block = 64;

/// `to[i * to_stride + j] = from[j * from_stride + i]` for i < rows, j < columns.
using TransposeLoop = void (*)(std::byte *to, std::ptrdiff_t to_stride, const std::byte *from,
                               std::ptrdiff_t from_stride, std::size_t rows, std::size_t columns);

/// What a reduction combines with.
enum class Combine : std::uint8_t { sum, prod, max, min };
inline constexpr int combine_count = 4;

/// One chunk (at most inner_chunk elements, at least 1) to one element, in order `inner`.
using ChunkLoop = void (*)(const std::byte *data, std::size_t count, std::byte *part);
/// Sum of a[i] * b[i] by fma in order `inner`.
using DotLoop = void (*)(const std::byte *a, const std::byte *b, std::size_t count,
                         std::byte *part);
/// Sum of (x - mean)^2 by fma in order `inner`.
using DeviationLoop = void (*)(const std::byte *data, std::size_t count, const std::byte *mean,
                               std::byte *part);

/// `count` rows (at most outer_step) of a block whose first row is a multiple of outer_chains:
/// chain c of column j, at `chains + (c * chain_stride + j) * itemsize`, takes rows c, c + 4, ...
using OuterLoop = void (*)(const std::byte *const *rows, std::size_t count, std::size_t columns,
                           std::byte *chains, std::size_t chain_stride);
/// Same with (x - mean[j])^2 by fma.
using OuterDeviationLoop = void (*)(const std::byte *const *rows, std::size_t count,
                                    std::size_t columns, const std::byte *mean, std::byte *chains,
                                    std::size_t chain_stride);
/// part[j] = (chain 0 + chain 2) + (chain 1 + chain 3) of column j.
using OuterFinish = void (*)(const std::byte *chains, std::size_t chain_stride, std::size_t columns,
                             std::byte *part);

/// Lanes of a turned block of short rows: element i of row l is at `block[i * row_lanes + l]`.
inline constexpr std::size_t row_lanes = transpose_block;

/// to[l] = the elements of row l, combined in order `inner`; length <= 64 for elements of at most 4
/// bytes, <= 32 for 8. Overwrites the block. Lanes behind the last are worked on too, up to a
/// whole vector: block and mean have room for `row_lanes`.
using FoldRows = void (*)(std::byte *block, std::size_t length, std::size_t lanes, std::byte *to);
/// Elements of row l become (x - mean[l])^2.
using SquareDeviations = void (*)(std::byte *block, std::size_t length, std::size_t lanes,
                                  const std::byte *mean);
/// First index of the largest element of every row, or of the smallest; NaN wins.
using WinnerRows = void (*)(const std::byte *block, std::size_t length, std::size_t lanes,
                            std::int64_t *indices);

/// First index of the largest element, or of the smallest, NaN wins; count >= 1. `value` is that
/// element.
using WinnerLoop = std::int64_t (*)(const std::byte *data, std::size_t count, std::byte *value);

/// What a scan combines with.
enum class Cumulate : std::uint8_t { sum, product };
inline constexpr int scan_count = 2;

/// Runs of elements that lie one behind another, each scanned by itself.
struct RunList {
  std::size_t count, length;
  bool reverse; ///< from the last element of a run to the first
};
using ScanRuns = void (*)(const std::byte *from, std::byte *to, RunList runs);
/// Every element of `to` = carry combined with that of `local`; `to` may be `local`. `stream`: past
/// the caches, where `to` allows it.
using ScanJoin = void (*)(std::byte *to, const std::byte *local, std::size_t count,
                          const std::byte *carry, bool stream);
/// One element of each column: local = local combined with x, to = carry combined with local.
/// `stream` as for ScanJoin.
using ScanRow = void (*)(std::byte *to, const std::byte *x, std::size_t columns, std::byte *local,
                         const std::byte *carry, bool stream);

/// Runs of y = a y + b, the first element of each b; `products` gets the products of a.
using LinearRuns = void (*)(const std::byte *a, const std::byte *b, std::byte *products,
                            std::byte *to, RunList runs);
/// to = products * carry + to
using LinearJoin = void (*)(std::byte *to, const std::byte *products, std::size_t count,
                            const std::byte *carry);
/// As ScanRow; `first`: this is the first row of a block. A null carry: to = local.
using LinearRow = void (*)(std::byte *to, const std::byte *a, const std::byte *b,
                           std::size_t columns, std::byte *products, std::byte *local,
                           const std::byte *carry, bool first);

/// Philox4x32-10: blocks counter, counter + 1, ... of four words each.
using PhiloxLoop = void (*)(std::uint64_t key, std::uint64_t counter, std::size_t blocks,
                            std::uint32_t *words);
/// Elements from words: one word each for f32, two for f64. Normal works on pairs of elements.
using DistributionLoop = void (*)(const std::uint32_t *words, std::size_t count, std::byte *to);

struct KernelTable {
  ElementLoop element[function_count][dtype_count]; ///< by compute dtype
  ConvertLoop convert[dtype_count][dtype_count];    ///< [to][from]
  CopyRunsLoop copy_runs[dtype_count];
  TransposeLoop transpose[dtype_count];
  ChunkLoop chunk[combine_count][dtype_count];
  DotLoop dot[dtype_count];
  DeviationLoop deviation[dtype_count];
  OuterLoop outer[combine_count][dtype_count];
  OuterDeviationLoop outer_deviation[dtype_count];
  OuterFinish outer_finish[combine_count][dtype_count];
  FoldRows fold_rows[combine_count][dtype_count];
  SquareDeviations square_deviations[dtype_count];
  WinnerRows argmax_rows[dtype_count], argmin_rows[dtype_count];
  WinnerLoop argmax[dtype_count], argmin[dtype_count];
  ScanRuns scan_runs[scan_count][dtype_count];
  ScanJoin scan_join[scan_count][dtype_count];
  ScanRow scan_row[scan_count][dtype_count];
  LinearRuns linear_runs[dtype_count];
  LinearJoin linear_join[dtype_count];
  LinearRow linear_row[dtype_count];
  PhiloxLoop philox;
  DistributionLoop uniform[dtype_count];
  DistributionLoop normal[dtype_count];
};

namespace v3 {
const KernelTable &table() noexcept;
}
namespace v4 {
const KernelTable &table() noexcept;
}

/// The table of the active ISA.
const KernelTable &active_table() noexcept;

template <class Index> constexpr int slot(Index index) noexcept { return static_cast<int>(index); }

} // namespace jit
