// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Builds the table of tiles of one element type at compile time.
#pragma once

#include "runtime/kernels/contract/Pack.h"
#include "runtime/kernels/contract/Tile.h"
#include "runtime/kernels/contract/TurnedTile.h"

#include <utility>

namespace jit::TRACEJIT_ISA {

/// The tallest tile of each width whose accumulators, row of B and element of A fit the registers
/// (measured; taller ones of width 2 and 3 spill for want of address registers).
inline constexpr int tile_rows[] =
#ifdef TRACEJIT_ISA_v4
    {0, 12, 9, 9, 6, 2, 2, 2, 2};
#else
    {0, 12, 6, 2, 2, 1, 1, 1, 1};
#endif

template <class S, int Vectors, int... Row>
consteval void add_tiles(ContractKernels &set, std::integer_sequence<int, Row...>) {
  ((set.tiles[0][Vectors][Row + 1] = contract_tile<S, Row + 1, Vectors, false>), ...);
  ((set.tiles[1][Vectors][Row + 1] = contract_tile<S, Row + 1, Vectors, true>), ...);
}

template <class S, int... Width>
consteval void add_widths(ContractKernels &set, std::integer_sequence<int, Width...>) {
  (add_tiles<S, Width + 1>(set, std::make_integer_sequence<int, tile_rows[Width + 1]>()), ...);
}

template <class S, int... Row>
consteval void add_turned_tiles(ContractKernels &set, std::integer_sequence<int, Row...>) {
  ((set.turned_tiles[Row + 1] = turned_tile<S, Row + 1>), ...);
}

/// `Half` is the vector of v3.
template <class S, class Half> consteval ContractKernels make_contract_kernels() {
  ContractKernels set{};
  set.lanes = S::lanes;
  set.item_bytes = sizeof(typename S::Element);
  set.registers = vector_registers;
  for (int width = 0; width <= ContractKernels::most_vectors; ++width)
    set.max_rows[width] = tile_rows[width];
  add_widths<S>(set, std::make_integer_sequence<int, ContractKernels::most_vectors>());
  set.turned_vectors = 2 * Half::lanes / S::lanes;
  add_turned_tiles<Half>(set, std::make_integer_sequence<int, ContractKernels::most_turned_rows>());
  set.pack_a = pack_a<S>;
  set.pack_b_rows = pack_b_rows<S>;
  set.pack_b_columns = pack_b_columns<S>;
  set.pack_b_any = pack_b_any<S>;
  return set;
}

} // namespace jit::TRACEJIT_ISA
