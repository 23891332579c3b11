// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The register tile of a contraction whose B has contiguous k, as the weights [n, k] of a linear
// layer: columns become vectors on the way from memory, and nothing is written but C. For few rows
// of A, where a packed copy of B would cost more than it brings. Vectors are those of v3 in any
// ISA: more shuffles of 256 bits run side by side than of 512.
#pragma once

#include "runtime/kernels/contract/Tile.h"

namespace jit::TRACEJIT_ISA {

/// Elements of k that 16 bytes of a column hold.
template <class S> inline constexpr int turned_depth = 16 / int(sizeof(typename S::Element));

/// Where the columns of one vector begin; those that do not exist are the last one again.
template <class S> struct TurnedColumns {
  std::int64_t offset[S::lanes];

  void place(std::int64_t first, std::int64_t last, std::int64_t stride) {
    for (int j = 0; j < S::lanes; ++j)
      offset[j] = (first + j < last ? first + j : last) * stride;
  }
};

/// `turned_depth` rows of B, as vectors.
template <class S>
[[gnu::always_inline]] inline void load_turned(const typename S::Element *b,
                                               const TurnedColumns<S> &columns,
                                               typename S::Vector (&rows)[turned_depth<S>]) {
#pragma GCC unroll 4
  for (int i = 0; i < turned_depth<S>; ++i)
    rows[i] = S::join(b + columns.offset[i], b + columns.offset[i + turned_depth<S>]);
  S::turn(rows);
}

/// One row of B, for the k that are left behind whole squares.
template <class S>
[[gnu::always_inline]] inline typename S::Vector load_turned_row(const typename S::Element *b,
                                                                 const TurnedColumns<S> &columns) {
  alignas(32) typename S::Element row[S::lanes];
  for (int j = 0; j < S::lanes; ++j)
    row[j] = b[columns.offset[j]];
  return S::load(row);
}

template <class S, int Rows, int Vectors>
[[gnu::always_inline]] inline void accumulate_turned(const ContractTile &t,
                                                     const TurnedColumns<S> (&columns)[Vectors],
                                                     typename S::Vector (&acc)[Rows][Vectors]) {
  using T = typename S::Element;
  constexpr int depth = turned_depth<S>;
  const T *a = static_cast<const T *>(t.a), *b = static_cast<const T *>(t.b);
  const std::int64_t a_row = t.a_row, a_col = t.a_col;
  std::int64_t k = t.k;
  for (; k >= depth; k -= depth, a += depth * a_col, b += depth)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      typename S::Vector rows[depth];
      load_turned<S>(b, columns[v], rows);
#pragma GCC unroll 4
      for (int i = 0; i < depth; ++i)
#pragma GCC unroll 4
        for (int r = 0; r < Rows; ++r)
          acc[r][v] = S::fma(S::splat(a + r * a_row + i * a_col), rows[i], acc[r][v]);
    }
  for (; k > 0; --k, a += a_col, ++b)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      const auto row = load_turned_row<S>(b, columns[v]);
#pragma GCC unroll 4
      for (int r = 0; r < Rows; ++r)
        acc[r][v] = S::fma(S::splat(a + r * a_row), row, acc[r][v]);
    }
}

template <class S, int Rows, int Vectors> void turned_tile_of(const ContractTile &t) {
  TurnedColumns<S> columns[Vectors];
  for (int v = 0; v < Vectors; ++v)
    columns[v].place(v * S::lanes, t.columns - 1, t.b_col);
  typename S::Vector acc[Rows][Vectors];
#pragma GCC unroll 4
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 2
    for (int j = 0; j < Vectors; ++j)
      acc[i][j] = S::zero();
  accumulate_turned<S, Rows, Vectors>(t, columns, acc);
  const auto last = S::first(t.columns - (Vectors - 1) * S::lanes);
  finish_tile<S, Rows, Vectors, true>(t, last, acc);
}

/// At most two vectors wide.
template <class S, int Rows> void turned_tile(const ContractTile &t) {
  return t.columns > S::lanes ? turned_tile_of<S, Rows, 2>(t) : turned_tile_of<S, Rows, 1>(t);
}

} // namespace jit::TRACEJIT_ISA
