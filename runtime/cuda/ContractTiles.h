// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How contractions are cut on a device: the tiles of C that their kernels have, and the arguments
// of those kernels. No bit of a result depends on the tile.
#pragma once

#include "runtime/cuda/FamilyText.h"
#include "runtime/scalar/Orders.h"
#include <tracejit/dtype.h>

#include <cstdint>
#include <span>
#include <string>

namespace jit::gpu {

/// A block of threads has a tile of C and goes through k in steps. Each thread has `thread_rows`
/// by `thread_columns` elements, multiples of what 16 bytes hold. All are powers of 2.
struct ContractTile {
  unsigned rows, columns, step;
  unsigned thread_rows, thread_columns;
  unsigned unroll; ///< of a step, as far as 128 registers a thread go
  float cost;      ///< of one multiplication, relative to the best tile; estimated

  constexpr unsigned threads() const { return rows / thread_rows * (columns / thread_columns); }
  /// The name of its kernel in the pack, for a dtype of that name.
  std::string kernel(std::string_view dtype) const {
    return "contract_" + std::string(dtype) + "_" + std::to_string(rows) + "x" +
           std::to_string(columns) + "_t";
  }
};

inline constexpr ContractTile contract_tiles_f32[] = {
    {128, 128, 8, 8, 8, 2, 1.0f}, {64, 64, 8, 8, 4, 4, 1.15f}, {32, 32, 16, 4, 4, 4, 1.7f},
    {8, 128, 8, 4, 4, 4, 2.5f},   {128, 8, 8, 4, 4, 4, 2.5f},
};
inline constexpr ContractTile contract_tiles_f64[] = {
    {64, 64, 8, 4, 4, 4, 1.0f},
    {32, 32, 8, 4, 4, 4, 1.4f},
    {8, 64, 8, 4, 2, 4, 2.2f},
    {64, 8, 8, 2, 4, 4, 2.2f},
};
inline constexpr ContractTile contract_tiles_of_integers[] = {{32, 32, 8, 4, 4, 4, 1.0f}};

constexpr std::span<const ContractTile> contract_tiles(DType dtype) {
  if (dtype == DType::f32)
    return contract_tiles_f32;
  if (dtype == DType::f64)
    return contract_tiles_f64;
  return contract_tiles_of_integers;
}

/// The dtype in which elements lie in shared memory and are added up.
constexpr DType contract_lane(DType dtype) {
  return is_float(dtype) || itemsize(dtype) == 8 ? dtype : DType::i32;
}

/// Elements of a line of a tile in shared memory: 16 bytes longer, for its banks.
constexpr unsigned contract_pitch(DType dtype, unsigned extent) {
  return extent + static_cast<unsigned>(16 / itemsize(contract_lane(dtype)));
}

/// Elements of a step of one operand, `extent` lines, that a thread brings; and the inner loop.
constexpr unsigned contract_loads(const ContractTile &tile, unsigned extent) {
  return extent * tile.step / tile.threads();
}
constexpr unsigned contract_inner_loads(const ContractTile &tile, unsigned extent) {
  return extent > tile.threads() ? extent / tile.threads() : 1;
}

/// Two steps of both operands.
constexpr unsigned contract_shared_bytes(const ContractTile &tile, DType dtype) {
  return 2 * tile.step * (contract_pitch(dtype, tile.rows) + contract_pitch(dtype, tile.columns)) *
         static_cast<unsigned>(itemsize(contract_lane(dtype)));
}

/// Kernels contract_DTYPE_TILE_t: c[i, j] = sum of a[i, k] * b[k, j]. Strides count elements. The
/// axes of units, the fastest first: tiles of columns, tiles of rows, parts, then those of the
/// batch from the last on, `axes` in all; magic and shift: division_by(extent). Each part has
/// `span` of k and a C of its own; with several parts that is a chunk.
TRACEJIT_FAMILY_ARGS(ProductArgs, {
  const void *a;
  const void *b;
  void *c;
  unsigned long long units;
  unsigned long long m;
  unsigned long long n;
  unsigned long long k;
  unsigned long long span;
  long long a_row;
  long long a_step;
  long long b_column;
  long long b_step;
  long long c_row;
  long long c_part;
  long long a_inner;
  long long a_outer;
  long long b_inner;
  long long b_outer;
  unsigned a_along_k;
  unsigned b_along_k;
  unsigned a_lines_inner;
  unsigned a_lines_outer;
  unsigned a_depth_outer;
  unsigned a_place_outer;
  unsigned b_lines_inner;
  unsigned b_lines_outer;
  unsigned b_depth_outer;
  unsigned b_place_outer;
  unsigned axes;
  unsigned shift[9];
  unsigned long long extent[9];
  unsigned long long magic[9];
  long long a_batch[9]; /* 0 for the first three */
  long long b_batch[9];
  long long c_batch[9];
})

/// Kernels contract_join_DTYPE: c[i] = the sum of parts[part * count + i], in order.
TRACEJIT_FAMILY_ARGS(JoinArgs, {
  void *c;
  const void *from;
  unsigned long long count;
  unsigned long long parts;
})

/// Threads of a block of the kernels below: the chains of the order `inner`; and its shared memory.
constexpr unsigned dot_threads(DType dtype) { return inner_lanes(itemsize(contract_lane(dtype))); }
constexpr unsigned dot_shared_bytes(DType dtype) { return dot_threads(dtype) > 32 ? 32 * 4 : 0; }

/// Kernels dot_DTYPE: of each row and each chunk of it, the sum of the products in the order of
/// `inner`, to c[row * chunks + chunk]. Without b, factors are 1. The first axis of units are
/// chunks, the others as above.
TRACEJIT_FAMILY_ARGS(DotArgs, {
  const void *a;
  const void *b;
  void *c;
  unsigned long long units;
  unsigned long long count;
  long long a_step;
  long long b_step;
  unsigned axes;
  unsigned shift[9];
  unsigned long long extent[9];
  unsigned long long magic[9];
  long long a_batch[9]; /* 0 for the first */
  long long b_batch[9];
})

} // namespace jit::gpu
