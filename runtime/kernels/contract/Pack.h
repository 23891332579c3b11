// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies of operand panels into the layout that the register tiles read fastest.
#pragma once

#include "runtime/kernels/contract/KernelSet.h"
#include "runtime/kernels/contract/Vector.h"

#include <utility>

namespace jit::TRACEJIT_ISA {

/// [k][extent] without gaps.
template <class S> void pack_a(const ContractPanel &p) {
  using T = typename S::Element;
  const T *from = static_cast<const T *>(p.from);
  T *to = static_cast<T *>(p.to);
  const std::int64_t full = p.stride == 1 ? p.extent / S::lanes * S::lanes : 0;
  const auto last = S::first(p.extent - full);
  for (std::int64_t k = 0; k < p.k; ++k, from += p.k_stride, to += p.extent) {
    for (std::int64_t i = 0; i < full; i += S::lanes)
      S::store(to + i, S::load(from + i));
    if (p.stride == 1)
      S::store(to + full, S::load(from + full, last), last);
    else
      for (std::int64_t i = 0; i < p.extent; ++i)
        to[i] = from[i * p.stride];
  }
}

template <class S> void pack_b_rows(const ContractPanel &p) {
  using T = typename S::Element;
  const T *from = static_cast<const T *>(p.from);
  T *to = static_cast<T *>(p.to);
  const std::int64_t full = p.extent / S::lanes * S::lanes;
  const auto last = S::first(p.extent - full);
  for (std::int64_t k = 0; k < p.k; ++k, from += p.k_stride, to += p.to_row) {
    for (std::int64_t j = 0; j < full; j += S::lanes)
      S::store(to + j, S::load(from + j));
    if (full < p.extent)
      S::store(to + full, S::load(from + full, last));
  }
}

/// Lane `lane` of one half of a butterfly step of a transposition: blocks of `width` lanes of x and
/// y swap places across the diagonal. Indices from S::lanes on name y.
template <class S, int Width, int Half> consteval int butterfly(int lane) {
  const int block = lane / Width;
  const int source = block % 2 == 0 ? lane + Half * Width : lane - Width + Half * Width;
  return block % 2 == 0 ? source : source + S::lanes;
}

template <class S, int Width, int Half, int... Lane>
[[gnu::always_inline]] inline typename S::Vector
exchange(typename S::Vector x, typename S::Vector y, std::integer_sequence<int, Lane...>) {
  return __builtin_shufflevector(x, y, butterfly<S, Width, Half>(Lane)...);
}

template <class S, int Width>
[[gnu::always_inline]] inline void transpose(typename S::Vector (&rows)[S::lanes]) {
  if constexpr (Width < S::lanes) {
    constexpr auto lanes = std::make_integer_sequence<int, S::lanes>();
#pragma GCC unroll 16
    for (int i = 0; i < S::lanes; ++i)
      if ((i & Width) == 0) {
        const auto x = rows[i], y = rows[i + Width];
        rows[i] = exchange<S, Width, 0>(x, y, lanes);
        rows[i + Width] = exchange<S, Width, 1>(x, y, lanes);
      }
    transpose<S, 2 * Width>(rows);
  }
}

/// One vector of columns that are contiguous along k, read a square at a time.
template <class S>
[[gnu::always_inline]] inline void
pack_b_column_vector(const typename S::Element *from, std::int64_t stride, std::int64_t depth,
                     std::int64_t cols, typename S::Element *to, std::int64_t to_row) {
  for (std::int64_t k = 0; k < depth; k += S::lanes) {
    const std::int64_t left = depth - k;
    typename S::Vector square[S::lanes];
    if (left >= S::lanes && cols == S::lanes) {
#pragma GCC unroll 16
      for (int j = 0; j < S::lanes; ++j)
        square[j] = S::load(from + j * stride + k);
      transpose<S, 1>(square);
#pragma GCC unroll 16
      for (int i = 0; i < S::lanes; ++i)
        S::store(to + (k + i) * to_row, square[i]);
      continue;
    }
    const auto mask = S::first(left < S::lanes ? left : S::lanes);
#pragma GCC unroll 16
    for (int j = 0; j < S::lanes; ++j)
      square[j] = j < cols ? S::load(from + j * stride + k, mask) : S::zero();
    transpose<S, 1>(square);
#pragma GCC unroll 16
    for (int i = 0; i < S::lanes; ++i)
      if (i < left)
        S::store(to + (k + i) * to_row, square[i]);
  }
}

template <class S> void pack_b_columns(const ContractPanel &p) {
  using T = typename S::Element;
  const T *from = static_cast<const T *>(p.from);
  T *to = static_cast<T *>(p.to);
  for (std::int64_t j = 0; j < p.extent; j += S::lanes) {
    const std::int64_t left = p.extent - j;
    pack_b_column_vector<S>(from + j * p.stride, p.stride, p.k, left < S::lanes ? left : S::lanes,
                            to + j, p.to_row);
  }
}

template <class S> void pack_b_any(const ContractPanel &p) {
  using T = typename S::Element;
  const T *from = static_cast<const T *>(p.from);
  T *to = static_cast<T *>(p.to);
  const std::int64_t row = (p.extent + S::lanes - 1) / S::lanes * S::lanes;
  for (std::int64_t k = 0; k < p.k; ++k, from += p.k_stride, to += p.to_row) {
    for (std::int64_t j = 0; j < p.extent; ++j)
      to[j] = from[j * p.stride];
    for (std::int64_t j = p.extent; j < row; ++j)
      to[j] = T(0);
  }
}

} // namespace jit::TRACEJIT_ISA
