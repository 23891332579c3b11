// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operations of one compiler vector that have no operator: by compiler builtins where they exist,
// by intrinsics where the compiler would not find the instruction, else lane by lane.
#pragma once

#include "runtime/scalar/Pack.h"

namespace jit::TRACEJIT_ISA::simd {

template <class V> using ElementOf = std::remove_cvref_t<decltype(V{}[0])>;
template <class V> inline constexpr int lanes_of = sizeof(V) / sizeof(ElementOf<V>);

/// The vector in unsigned elements where its own would overflow, and as it is for floats.
template <class T, class V> TRACEJIT_EMIT auto wrapping(V v) {
  if constexpr (std::integral<T>)
    return (Vector<std::make_unsigned_t<T>, lanes_of<V>>)v;
  else
    return v;
}

#if defined(__clang__)
template <class V> TRACEJIT_EMIT V native_fma(V a, V b, V c) {
  return __builtin_elementwise_fma(a, b, c);
}
template <class V> TRACEJIT_EMIT V native_sqrt(V x) { return __builtin_elementwise_sqrt(x); }
template <class V> TRACEJIT_EMIT V native_floor(V x) { return __builtin_elementwise_floor(x); }
template <class V> TRACEJIT_EMIT V native_trunc(V x) { return __builtin_elementwise_trunc(x); }
template <class V> TRACEJIT_EMIT V native_rint(V x) { return __builtin_elementwise_rint(x); }
#else
template <class V> TRACEJIT_EMIT V native_fma(V a, V b, V c) {
  V r;
  for (int i = 0; i < lanes_of<V>; ++i)
    if constexpr (std::same_as<ElementOf<V>, float>)
      r[i] = __builtin_fmaf(a[i], b[i], c[i]);
    else
      r[i] = __builtin_fma(a[i], b[i], c[i]);
  return r;
}
#define TRACEJIT_BY_LANE(name, f32_function, f64_function)                                         \
  template <class V> TRACEJIT_EMIT V name(V x) {                                                   \
    V r;                                                                                           \
    for (int i = 0; i < lanes_of<V>; ++i)                                                          \
      if constexpr (std::same_as<ElementOf<V>, float>)                                             \
        r[i] = f32_function(x[i]);                                                                 \
      else                                                                                         \
        r[i] = f64_function(x[i]);                                                                 \
    return r;                                                                                      \
  }
TRACEJIT_BY_LANE(native_sqrt, __builtin_sqrtf, __builtin_sqrt)
TRACEJIT_BY_LANE(native_floor, __builtin_floorf, __builtin_floor)
TRACEJIT_BY_LANE(native_trunc, __builtin_truncf, __builtin_trunc)
TRACEJIT_BY_LANE(native_rint, __builtin_rintf, __builtin_rint)
#undef TRACEJIT_BY_LANE
#endif

/// Whether a lane of the mask is set.
template <class T, int lanes> TRACEJIT_EMIT bool any(const Mask<T, lanes> &m) {
  auto joined = m.bits.chunk[0];
  for (int i = 1; i < m.bits.chunks; ++i)
    joined |= m.bits.chunk[i];
  if constexpr (sizeof joined == 8)
    return __builtin_bit_cast(std::uint64_t, joined) != 0;
  else if constexpr (sizeof joined == 16)
    return !_mm_testz_si128((__m128i)joined, (__m128i)joined);
  else if constexpr (sizeof joined == 32)
    return !_mm256_testz_si256((__m256i)joined, (__m256i)joined);
#ifdef TRACEJIT_ISA_v4
  else
    return _mm512_test_epi64_mask((__m512i)joined, (__m512i)joined) != 0;
#endif
}

/// Upper halves of the unsigned products: even and odd lanes as 64-bit products.
template <class V> TRACEJIT_EMIT V native_mulhi(V a, V b) {
  using Wide = Vector<std::uint64_t, lanes_of<V> / 2>;
  constexpr std::uint64_t low = 0xffffffff;
  Wide a_pairs = (Wide)a, b_pairs = (Wide)b;
  Wide even = (a_pairs & low) * (b_pairs & low);
  Wide odd = (a_pairs >> 32) * (b_pairs >> 32);
  return (V)((even >> 32) | (odd & ~low));
}

template <class I, class T, int entries>
TRACEJIT_EMIT auto native_lookup(I index, const T (&table)[entries]) {
  Vector<T, lanes_of<I>> r;
  for (int i = 0; i < lanes_of<I>; ++i)
    r[i] = table[index[i]];
  return r;
}

TRACEJIT_EMIT auto native_lookup(Vector<std::int32_t, 8> index, const float (&table)[8]) {
  return (Vector<float, 8>)_mm256_permutevar8x32_ps(_mm256_loadu_ps(table), (__m256i)index);
}

#ifdef TRACEJIT_ISA_v4
/// Masked forms, because GCC 12 warns of its own plain ones.
inline constexpr int every_lane = -1;
// getmant: normalised to [3/4, 3/2), the sign dropped, NaN for negative numbers.
#define TRACEJIT_V4(element, n, suffix, prefix)                                                    \
  TRACEJIT_EMIT Vector<element, n> native_scalef(Vector<element, n> x, Vector<element, n> e) {     \
    return prefix##_maskz_scalef_##suffix(every_lane, x, e);                                       \
  }                                                                                                \
  TRACEJIT_EMIT Vector<element, n> native_getexp(Vector<element, n> x) {                           \
    return prefix##_maskz_getexp_##suffix(every_lane, x);                                          \
  }                                                                                                \
  TRACEJIT_EMIT Vector<element, n> native_getmant(Vector<element, n> x) {                          \
    return prefix##_maskz_getmant_##suffix(every_lane, x, _MM_MANT_NORM_p75_1p5,                   \
                                           _MM_MANT_SIGN_nan);                                     \
  }
TRACEJIT_V4(float, 4, ps, _mm)
TRACEJIT_V4(float, 8, ps, _mm256)
TRACEJIT_V4(float, 16, ps, _mm512)
TRACEJIT_V4(double, 2, pd, _mm)
TRACEJIT_V4(double, 4, pd, _mm256)
TRACEJIT_V4(double, 8, pd, _mm512)
#undef TRACEJIT_V4

/// Indices below 8 meet the lower half of the permuted register only.
TRACEJIT_EMIT auto native_lookup(Vector<std::int32_t, 16> index, const float (&table)[8]) {
  return (Vector<float, 16>)_mm512_maskz_permutexvar_ps(
      every_lane, (__m512i)index, _mm512_castps256_ps512(_mm256_loadu_ps(table)));
}
TRACEJIT_EMIT auto native_lookup(Vector<std::int64_t, 8> index, const double (&table)[16]) {
  return (Vector<double, 8>)_mm512_permutex2var_pd(_mm512_loadu_pd(table), (__m512i)index,
                                                   _mm512_loadu_pd(table + 8));
}
#else
TRACEJIT_EMIT auto native_lookup(Vector<std::int64_t, 4> index, const double (&table)[16]) {
  return (Vector<double, 4>)_mm256_i64gather_pd(table, (__m256i)index, 8);
}
#endif

/// `lanes` elements in memory as elements of a type that holds them, and back to their low bits.
template <class Wide, int lanes, class T> TRACEJIT_EMIT Pack<Wide, lanes> widen(const T *from) {
  using P = Pack<Wide, lanes>;
  if constexpr (std::same_as<Wide, T>) {
    return load_pack<T, lanes>(from);
  } else {
    P r;
    for (int i = 0; i < P::chunks; ++i) {
      Vector<T, P::chunk_lanes> some;
      __builtin_memcpy(&some, from + i * P::chunk_lanes, sizeof(some));
      r.chunk[i] = __builtin_convertvector(some, typename P::Chunk);
    }
    return r;
  }
}
template <class T, class Wide, int lanes>
TRACEJIT_EMIT void narrow(T *to, const Pack<Wide, lanes> &x) {
  using P = Pack<Wide, lanes>;
  if constexpr (std::same_as<Wide, T>) {
    store_pack(to, x);
  } else {
    for (int i = 0; i < P::chunks; ++i) {
      auto some = __builtin_convertvector(x.chunk[i], Vector<T, P::chunk_lanes>);
      __builtin_memcpy(to + i * P::chunk_lanes, &some, sizeof(some));
    }
  }
}

} // namespace jit::TRACEJIT_ISA::simd
