// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Transposed copies of blocks: squares of registers, and into long rows through a buffer without
// gaps, since rows of a power-of-two stride all fall into one set of the cache.
#pragma once

#include "runtime/kernels/KernelTable.h"

#include <cstdint>
#include <immintrin.h>

namespace jit::TRACEJIT_ISA {

/// A square of `side` elements each way: to[i][j] = from[j][i], with strides in elements.
template <class T> struct Square {
  static constexpr std::size_t side = 1;
  static void turn(T *to, std::ptrdiff_t, const T *from, std::ptrdiff_t) { *to = *from; }
};

/// Pairs, then fours, then halves change places.
template <> struct Square<float> {
  static constexpr std::size_t side = 8;
  static void turn(float *to, std::ptrdiff_t to_stride, const float *from,
                   std::ptrdiff_t from_stride) {
    __m256 r[8], s[8];
    for (int k = 0; k < 8; ++k)
      r[k] = _mm256_loadu_ps(from + k * from_stride);
    for (int k = 0; k < 8; k += 2) {
      s[k] = _mm256_unpacklo_ps(r[k], r[k + 1]);
      s[k + 1] = _mm256_unpackhi_ps(r[k], r[k + 1]);
    }
    for (int k = 0; k < 8; k += 4)
      for (int h = 0; h < 2; ++h) {
        r[k + 2 * h] = _mm256_shuffle_ps(s[k + h], s[k + h + 2], 0x44);
        r[k + 2 * h + 1] = _mm256_shuffle_ps(s[k + h], s[k + h + 2], 0xee);
      }
    for (int k = 0; k < 4; ++k) {
      _mm256_storeu_ps(to + k * to_stride, _mm256_permute2f128_ps(r[k], r[k + 4], 0x20));
      _mm256_storeu_ps(to + (k + 4) * to_stride, _mm256_permute2f128_ps(r[k], r[k + 4], 0x31));
    }
  }
};

template <> struct Square<double> {
  static constexpr std::size_t side = 4;
  static void turn(double *to, std::ptrdiff_t to_stride, const double *from,
                   std::ptrdiff_t from_stride) {
    __m256d r[4], s[4];
    for (int k = 0; k < 4; ++k)
      r[k] = _mm256_loadu_pd(from + k * from_stride);
    for (int k = 0; k < 4; k += 2) {
      s[k] = _mm256_unpacklo_pd(r[k], r[k + 1]);
      s[k + 1] = _mm256_unpackhi_pd(r[k], r[k + 1]);
    }
    for (int k = 0; k < 2; ++k) {
      _mm256_storeu_pd(to + k * to_stride, _mm256_permute2f128_pd(s[k], s[k + 2], 0x20));
      _mm256_storeu_pd(to + (k + 2) * to_stride, _mm256_permute2f128_pd(s[k], s[k + 2], 0x31));
    }
  }
};

template <> struct Square<std::int64_t> { // moved as bits
  static constexpr std::size_t side = Square<double>::side;
  static void turn(std::int64_t *to, std::ptrdiff_t to_stride, const std::int64_t *from,
                   std::ptrdiff_t from_stride) {
    Square<double>::turn(reinterpret_cast<double *>(to), to_stride,
                         reinterpret_cast<const double *>(from), from_stride);
  }
};

/// At most `transpose_block` rows and columns.
template <class T>
void turn_block(T *to, std::ptrdiff_t to_stride, const T *from, std::ptrdiff_t from_stride,
                std::size_t rows, std::size_t columns) {
  constexpr std::size_t side = Square<T>::side;
  const std::size_t whole_rows = rows / side * side, whole_columns = columns / side * side;
  const auto source = [&](std::size_t i, std::size_t j) {
    return from + static_cast<std::ptrdiff_t>(j) * from_stride + static_cast<std::ptrdiff_t>(i);
  };
  const auto target = [&](std::size_t i, std::size_t j) {
    return to + static_cast<std::ptrdiff_t>(i) * to_stride + static_cast<std::ptrdiff_t>(j);
  };
  for (std::size_t j = 0; j < whole_columns; j += side) {
    for (std::size_t i = 0; i < whole_rows; i += side)
      Square<T>::turn(target(i, j), to_stride, source(i, j), from_stride);
    for (std::size_t i = whole_rows; i < rows; ++i)
      for (std::size_t k = j; k < j + side; ++k)
        *target(i, k) = *source(i, k);
  }
  for (std::size_t j = whole_columns; j < columns; ++j)
    for (std::size_t i = 0; i < rows; ++i)
      *target(i, j) = *source(i, j);
}

template <class T>
void transpose(std::byte *to, std::ptrdiff_t to_stride, const std::byte *from,
               std::ptrdiff_t from_stride, std::size_t rows, std::size_t columns) {
  auto *target = reinterpret_cast<T *>(to);
  const auto *source = reinterpret_cast<const T *>(from);
  constexpr std::ptrdiff_t short_rows = 1024 / sizeof(T);
  if (to_stride <= short_rows)
    return turn_block(target, to_stride, source, from_stride, rows, columns);
  alignas(64) T buffer[transpose_block][transpose_block];
  turn_block(buffer[0], transpose_block, source, from_stride, rows, columns);
  for (std::size_t i = 0; i < rows; ++i)
    __builtin_memcpy(target + static_cast<std::ptrdiff_t>(i) * to_stride, buffer[i],
                     columns * sizeof(T));
}

} // namespace jit::TRACEJIT_ISA
