// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The register tile of a contraction: all of a chunk of k without leaving the registers.
#pragma once

#include "runtime/kernels/contract/KernelSet.h"
#include "runtime/kernels/contract/Vector.h"

namespace jit::TRACEJIT_ISA {

/// Rows whose addresses share a pointer, as base + {0, 1, 2} * stride: more pointers than that
/// would not fit the integer registers beside the loop's own.
inline constexpr int rows_per_pointer = 3;

/// acc[i][j] = fma(a[i][k], b[k][j], acc[i][j]) for ascending k, from +0.
template <class S, int Rows, int Vectors, bool Masked>
[[gnu::always_inline]] inline void accumulate_tile(const ContractTile &t, typename S::Mask last,
                                                   typename S::Vector (&acc)[Rows][Vectors]) {
  using T = typename S::Element;
  constexpr int pointers = (Rows + rows_per_pointer - 1) / rows_per_pointer;
  const T *a[pointers];
#pragma GCC unroll 16
  for (int p = 0; p < pointers; ++p)
    a[p] = static_cast<const T *>(t.a) + p * rows_per_pointer * t.a_row;
  const T *b = static_cast<const T *>(t.b);
  const std::int64_t a_row = t.a_row, a_col = t.a_col, b_row = t.b_row;
  for (std::int64_t k = t.k; k > 0; --k) {
    typename S::Vector row[Vectors];
#pragma GCC unroll 16
    for (int j = 0; j < Vectors; ++j)
      row[j] =
          Masked && j == Vectors - 1 ? S::load(b + j * S::lanes, last) : S::load(b + j * S::lanes);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      const auto x = S::splat(a[i / rows_per_pointer] + (i % rows_per_pointer) * a_row);
#pragma GCC unroll 16
      for (int j = 0; j < Vectors; ++j)
        acc[i][j] = S::fma(x, row[j], acc[i][j]);
    }
    if constexpr (Rows <= 6) { // the next rows of B in place may lie on other pages
#pragma GCC unroll 16
      for (int j = 0; j < Vectors; ++j)
        __builtin_prefetch(b + t.b_ahead + j * S::lanes);
    }
    b += b_row;
#pragma GCC unroll 16
    for (int p = 0; p < pointers; ++p) {
      a[p] += a_col;
      asm("" : "+r"(a[p])); // else the compiler chains all rows on one pointer, an add for each
    }
  }
}

template <class S, int Rows, int Vectors, bool Masked, bool Add>
[[gnu::always_inline]] inline void store_tile(const ContractTile &t, typename S::Mask last,
                                              const typename S::Vector (&acc)[Rows][Vectors]) {
  typename S::Element *c = static_cast<typename S::Element *>(t.c);
  const std::int64_t c_row = t.c_row;
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i, c += c_row)
#pragma GCC unroll 16
    for (int j = 0; j < Vectors; ++j) {
      auto *at = c + j * S::lanes;
      if (Masked && j == Vectors - 1)
        S::store(at, Add ? S::load(at, last) + acc[i][j] : acc[i][j], last);
      else
        S::store(at, Add ? S::load(at) + acc[i][j] : acc[i][j]);
    }
}

/// The sums of a chunk of k: the first is what C becomes, later ones are added.
template <class S, int Rows, int Vectors, bool Masked>
[[gnu::always_inline]] inline void finish_tile(const ContractTile &t, typename S::Mask last,
                                               const typename S::Vector (&acc)[Rows][Vectors]) {
  if (t.add)
    store_tile<S, Rows, Vectors, Masked, true>(t, last, acc);
  else
    store_tile<S, Rows, Vectors, Masked, false>(t, last, acc);
}

template <class S, int Rows, int Vectors, bool Masked> void contract_tile(const ContractTile &t) {
  const auto last = S::first(Masked ? t.tail : 0);
  typename S::Vector acc[Rows][Vectors];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 16
    for (int j = 0; j < Vectors; ++j)
      acc[i][j] = S::zero();
  accumulate_tile<S, Rows, Vectors, Masked>(t, last, acc);
  finish_tile<S, Rows, Vectors, Masked>(t, last, acc);
}

} // namespace jit::TRACEJIT_ISA
