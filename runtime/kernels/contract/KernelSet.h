// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the driver of contractions knows of the code that is compiled once for every ISA.
#pragma once

#include "runtime/scalar/Orders.h"

#include <cstdint>

namespace jit {

/// One register tile: C[rows, cols] = or += A[rows, k] * B[k, cols], k <= contract_chunk.
/// Strides count elements; columns of C are contiguous. So are those of B, or k is and `b_col` lies
/// between columns.
struct ContractTile {
  const void *a;
  std::int64_t a_row, a_col;
  const void *b;
  std::int64_t b_row, b_col;
  std::int64_t b_ahead; ///< elements between what is read and what may be prefetched
  void *c;
  std::int64_t c_row;
  std::int64_t k;
  std::int64_t columns; ///< that exist
  std::int64_t tail;    ///< lanes of the last vector that exist
  bool add;             ///< a later chunk: add to what C holds
};

/// One panel of an operand to copy: B as [k][to_row] with zeros from the last column to a whole
/// vector, A as [k][rows].
struct ContractPanel {
  const void *from;
  std::int64_t k_stride, stride; ///< of the axis k, of the other axis
  std::int64_t k;
  std::int64_t extent; ///< columns of B or rows of A
  void *to;
  std::int64_t to_row = 0; ///< elements; of B only
};

/// The tiles and copies for one element type and ISA.
struct ContractKernels {
  using TileFunction = void (*)(const ContractTile &);
  using PackFunction = void (*)(const ContractPanel &);
  static constexpr int most_rows = 12;
  static constexpr int most_vectors = 8;
  /// Of tiles that turn B in registers, again for every one: more rows than that pack it.
  static constexpr int most_turned_rows = 4;

  int lanes;
  int item_bytes;
  int registers;                  ///< vector registers of the ISA
  int max_rows[most_vectors + 1]; ///< of the tiles that are so many vectors wide
  TileFunction tiles[2][most_vectors + 1][most_rows + 1]; ///< [masked last vector][vectors][rows]
  int turned_vectors;                                     ///< at most, of such a tile
  TileFunction turned_tiles[most_turned_rows + 1]; ///< for a B with contiguous k, read in place
  PackFunction pack_a;
  PackFunction pack_b_rows;    ///< columns contiguous
  PackFunction pack_b_columns; ///< k contiguous
  PackFunction pack_b_any;
};

namespace v3 {
extern const ContractKernels contract_f32, contract_f64;
}
namespace v4 {
extern const ContractKernels contract_f32, contract_f64;
}

} // namespace jit
