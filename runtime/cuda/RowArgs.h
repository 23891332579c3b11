// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The arguments of the kernels of reductions, row ops and scans.
#pragma once

#include "runtime/cuda/FamilyArgs.h"
#include "runtime/scalar/Orders.h"

#include <tracejit/dtype.h>

namespace jit::gpu {

/// Threads of a block that share a chunk in order `inner`, at most: then each has the accumulators
/// of `inner_vector` neighbours.
inline constexpr unsigned most_members = 16;
/// Elements that a thread takes at a time; of floats the canonical order wants these.
constexpr unsigned inner_vector(DType from, DType to) noexcept {
  if (is_float(to))
    return inner_lanes(itemsize(to)) / most_members;
  return itemsize(from) == 8 ? 2 : 4;
}

/// Where row number i begins: its coordinates along axes, outermost first, times their strides.
/// magic and shift: division_by(extent).
TRACEJIT_FAMILY_ARGS(RowAxes, {
  unsigned long long extent[8];
  unsigned long long magic[8];
  long long stride[8];
  unsigned shift[8];
  unsigned rank;
})

/// Kernels reduce_KIND_FROM_TO_inner and _outer: `length` elements of each row, `step` apart, in
/// chunks of 4096 or 256. One result a chunk, in order inner [rows][chunks], else [chunks][rows].
TRACEJIT_FAMILY_ARGS(ReduceArgs, {
  void *result; // of argmax and argmin the winner, may be null; of moments squares
  void *second; // the winner's index; means
  const void *x;
  const long long *indices;   // of elements that are winners; null: their places in the row
  unsigned long long divisor; // of the result's dtype
  unsigned long long rows;
  unsigned long long length;
  unsigned long long chunks;
  long long step;
  RowAxes axes;
  unsigned aligned; // vectors of a row begin at multiples of their size
  unsigned members; // of a chunk in order inner, a power of 2
  unsigned divides; // the last result is divided
})

/// Kernels moments_DTYPE_join: of each row `parts` moments, `step` apart, become one in their
/// order. All parts but the last are of `points_of_part` of the row's points.
TRACEJIT_FAMILY_ARGS(MomentsJoinArgs, {
  void *squares;
  void *means;
  const void *part_squares;
  const void *part_means;
  unsigned long long divisor;
  unsigned long long rows;
  unsigned long long parts;
  unsigned long long points_of_part;
  unsigned long long points;
  long long row_step;
  long long step;
  unsigned divides;
})

/// Longest rows of the kernels of row ops: threads hold up to 16 elements of a row each.
inline constexpr unsigned short_row = 256, block_row = 4096;
/// Elements that a block of them keeps, and places where its threads pass values.
inline constexpr unsigned kept_elements = 4096, passed_elements = 16;

/// Kernels row_OP_DTYPE_short, a row by up to 16 threads, and _block, a row by a block: over the
/// last axis, `length` elements `step` apart. The result lies without gaps; only operand 0 has
/// rows.
TRACEJIT_FAMILY_ARGS(RowOpArgs, {
  void *result;
  const void *operand[3];
  unsigned long long number; // operand that is one
  unsigned long long rows;
  long long step[3];
  RowAxes axes;
  unsigned length;
  unsigned aligned;        // vectors of operand 0 begin at multiples of their size
  unsigned result_aligned; // those of the result
  unsigned members;        // of a short row, a power of 2
})

/// Neighbours that a warp moves at a time, and the shared memory of 256 lines of them; lines are an
/// element longer, so that neighbouring ones lie in other banks.
constexpr unsigned scan_width(DType dtype) noexcept {
  return 128 / static_cast<unsigned>(itemsize(dtype));
}
constexpr unsigned scan_tile_bytes(DType dtype) noexcept {
  return 256 * (scan_width(dtype) + 1) * static_cast<unsigned>(itemsize(dtype));
}

/// Kernels scan_KIND_DTYPE_columns, _rows, _carry and _join, and linear_DTYPE_columns, _carry and
/// _join, over [rows][extent][columns] elements. Columns: a thread scans a block of 256 by itself
/// and writes its total, of linear scans its products too. Rows: the same of one column through
/// shared memory. Carry: what each block begins with, from the totals. Join: the carry goes to the
/// elements of all blocks but the first.
TRACEJIT_FAMILY_ARGS(ScanArgs, {
  void *result;        // without gaps
  const void *x;       // its first element that the scan meets; so of the next
  const void *factors; // of linear scans
  void *products;      // of the factors, as the result
  void *totals;        // [rows][blocks][columns]
  void *total_products;
  void *carries;
  unsigned long long rows;
  unsigned long long columns;
  unsigned long long extent;
  unsigned long long blocks;
  long long step;
  long long factor_step;
  long long result_first; // from the row's begin to what the scan meets first
  long long result_step;
  RowAxes axes; // of [rows][columns]
  RowAxes factor_axes;
})

} // namespace jit::gpu
