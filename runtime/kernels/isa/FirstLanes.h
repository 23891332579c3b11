// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The first lanes of a vector, where data ends in the middle of one.
#pragma once

#include "runtime/scalar/Pack.h"

#include <cstdint>
#include <immintrin.h>

namespace jit::TRACEJIT_ISA {

/// Ones, then zeros.
alignas(64) inline constexpr std::int32_t ones_and_zeros[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

/// All bits of the first `count` elements of 32 bytes.
template <class T> TRACEJIT_EMIT __m256i first_lanes(std::size_t count) {
  constexpr std::size_t words = sizeof(T) / sizeof(std::int32_t);
  return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(ones_and_zeros + 8 - words * count));
}

/// `rest` with its first `count` lanes loaded, fewer than all; nothing is read beyond them.
template <class T, class V> TRACEJIT_EMIT V load_first(const T *from, std::size_t count, V rest) {
#ifdef TRACEJIT_ISA_v4
  const auto mask = (1u << count) - 1;
  if constexpr (sizeof(T) == 4)
    return (V)_mm512_mask_loadu_ps((__m512)rest, static_cast<__mmask16>(mask), from);
  else
    return (V)_mm512_mask_loadu_pd((__m512d)rest, static_cast<__mmask8>(mask), from);
#else
  const __m256i mask = first_lanes<T>(count);
  if constexpr (sizeof(T) == 4)
    return (V)_mm256_blendv_ps((__m256)rest, _mm256_maskload_ps(from, mask), (__m256)mask);
  else
    return (V)_mm256_blendv_pd((__m256d)rest, _mm256_maskload_pd(from, mask), (__m256d)mask);
#endif
}

/// The same with several vectors.
template <class T, int lanes>
TRACEJIT_EMIT simd::Pack<T, lanes> load_first(const T *from, std::size_t count,
                                              simd::Pack<T, lanes> rest) {
  using P = simd::Pack<T, lanes>;
  constexpr std::size_t step = P::chunk_lanes;
  for (std::size_t i = 0; i < P::chunks; ++i)
    if ((i + 1) * step <= count)
      __builtin_memcpy(&rest.chunk[i], from + i * step, sizeof(rest.chunk[i]));
    else if (i * step < count)
      rest.chunk[i] = load_first<T>(from + i * step, count - i * step, rest.chunk[i]);
  return rest;
}

} // namespace jit::TRACEJIT_ISA
