// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Transposed copies of blocks: squares of registers, and into long rows through a buffer without
// gaps, since rows of a power-of-two stride all fall into one set of the cache.
#pragma once

#include "runtime/kernels/KernelTable.h"
#include "runtime/kernels/isa/FirstLanes.h"

#include <cstdint>
#include <immintrin.h>

namespace jit::TRACEJIT_ISA {

/// A square of `side` elements each way: to[i][j] = from[j][i], with strides in elements; in
/// `turn_some` only of the first `rows` rows i, fewer than `side`.
template <class T> struct Square {
  static constexpr std::size_t side = 1;
  static void turn(T *to, std::ptrdiff_t, const T *from, std::ptrdiff_t) { *to = *from; }
  static void turn_some(T *, std::ptrdiff_t, const T *, std::ptrdiff_t, std::size_t) {}
};

/// Pairs, then fours, then halves change places.
template <> struct Square<float> {
  static constexpr std::size_t side = 8;
  static void turn(float *to, std::ptrdiff_t to_stride, const float *from,
                   std::ptrdiff_t from_stride) {
    __m256 r[8];
    for (int k = 0; k < 8; ++k)
      r[k] = _mm256_loadu_ps(from + k * from_stride);
    turn(r);
    for (int k = 0; k < 8; ++k)
      _mm256_storeu_ps(to + k * to_stride, r[k]);
  }

  static void turn_some(float *to, std::ptrdiff_t to_stride, const float *from,
                        std::ptrdiff_t from_stride, std::size_t rows) {
    if (rows <= 4)
      return turn_four(to, to_stride, from, from_stride, rows);
    const __m256i mask = first_lanes<float>(rows);
    __m256 r[8];
    for (int k = 0; k < 8; ++k)
      r[k] = _mm256_maskload_ps(from + k * from_stride, mask);
    turn(r);
    for (std::size_t k = 0; k < rows; ++k)
      _mm256_storeu_ps(to + static_cast<std::ptrdiff_t>(k) * to_stride, r[k]);
  }

private:
  static void turn(__m256 (&r)[8]) {
    __m256 s[8];
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
      const __m256 low = _mm256_permute2f128_ps(r[k], r[k + 4], 0x20);
      r[k + 4] = _mm256_permute2f128_ps(r[k], r[k + 4], 0x31);
      r[k] = low;
    }
  }

  /// At most four rows: columns k and k + 4 share a register.
  static void turn_four(float *to, std::ptrdiff_t to_stride, const float *from,
                        std::ptrdiff_t from_stride, std::size_t rows) {
    const __m128i mask = _mm256_castsi256_si128(first_lanes<float>(rows));
    const auto column = [&](int k) { return _mm_maskload_ps(from + k * from_stride, mask); };
    __m256 r[4], s[4];
    for (int k = 0; k < 4; ++k)
      r[k] = _mm256_insertf128_ps(_mm256_castps128_ps256(column(k)), column(k + 4), 1);
    for (int k = 0; k < 4; k += 2) {
      s[k] = _mm256_unpacklo_ps(r[k], r[k + 1]);
      s[k + 1] = _mm256_unpackhi_ps(r[k], r[k + 1]);
    }
    for (int h = 0; h < 2; ++h) {
      r[2 * h] = _mm256_shuffle_ps(s[h], s[h + 2], 0x44);
      r[2 * h + 1] = _mm256_shuffle_ps(s[h], s[h + 2], 0xee);
    }
    for (std::size_t k = 0; k < rows; ++k)
      _mm256_storeu_ps(to + static_cast<std::ptrdiff_t>(k) * to_stride, r[k]);
  }
};

template <> struct Square<double> {
  static constexpr std::size_t side = 4;
  static void turn(double *to, std::ptrdiff_t to_stride, const double *from,
                   std::ptrdiff_t from_stride) {
    __m256d r[4];
    for (int k = 0; k < 4; ++k)
      r[k] = _mm256_loadu_pd(from + k * from_stride);
    turn(r);
    for (int k = 0; k < 4; ++k)
      _mm256_storeu_pd(to + k * to_stride, r[k]);
  }

  static void turn_some(double *to, std::ptrdiff_t to_stride, const double *from,
                        std::ptrdiff_t from_stride, std::size_t rows) {
    const __m256i mask = first_lanes<double>(rows);
    __m256d r[4];
    for (int k = 0; k < 4; ++k)
      r[k] = _mm256_maskload_pd(from + k * from_stride, mask);
    turn(r);
    for (std::size_t k = 0; k < rows; ++k)
      _mm256_storeu_pd(to + static_cast<std::ptrdiff_t>(k) * to_stride, r[k]);
  }

private:
  static void turn(__m256d (&r)[4]) {
    __m256d s[4];
    for (int k = 0; k < 4; k += 2) {
      s[k] = _mm256_unpacklo_pd(r[k], r[k + 1]);
      s[k + 1] = _mm256_unpackhi_pd(r[k], r[k + 1]);
    }
    for (int k = 0; k < 2; ++k) {
      r[k] = _mm256_permute2f128_pd(s[k], s[k + 2], 0x20);
      r[k + 2] = _mm256_permute2f128_pd(s[k], s[k + 2], 0x31);
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
  static void turn_some(std::int64_t *to, std::ptrdiff_t to_stride, const std::int64_t *from,
                        std::ptrdiff_t from_stride, std::size_t rows) {
    Square<double>::turn_some(reinterpret_cast<double *>(to), to_stride,
                              reinterpret_cast<const double *>(from), from_stride, rows);
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
    if (whole_rows < rows)
      Square<T>::turn_some(target(whole_rows, j), to_stride, source(whole_rows, j), from_stride,
                           rows - whole_rows);
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
