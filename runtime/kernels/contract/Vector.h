// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The vector of each element type in the ISA that is being compiled, as contractions use it.
// Those of v3 also turn squares: `join` has 16 bytes from each of two places in its halves, and
// `turn` transposes within each half.
#pragma once

#include <cstdint>
#include <immintrin.h>

// All of it inlined, whatever the optimisation level: no copy may reach another ISA's object.
#define TRACEJIT_INLINE [[gnu::always_inline]] static inline

namespace jit::TRACEJIT_ISA {

struct F32x8 {
  using Element = float;
  using Vector = __m256;
  using Mask = __m256i;
  static constexpr int lanes = 8;
  TRACEJIT_INLINE Mask first(std::int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  TRACEJIT_INLINE Vector zero() { return _mm256_setzero_ps(); }
  TRACEJIT_INLINE Vector splat(const float *p) { return _mm256_broadcast_ss(p); }
  TRACEJIT_INLINE Vector load(const float *p) { return _mm256_loadu_ps(p); }
  TRACEJIT_INLINE Vector load(const float *p, Mask m) { return _mm256_maskload_ps(p, m); }
  TRACEJIT_INLINE void store(float *p, Vector v) { _mm256_storeu_ps(p, v); }
  TRACEJIT_INLINE void store(float *p, Vector v, Mask m) { _mm256_maskstore_ps(p, m, v); }
  TRACEJIT_INLINE Vector fma(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
  TRACEJIT_INLINE Vector join(const float *low, const float *high) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high), 1);
  }
  TRACEJIT_INLINE void turn(Vector (&r)[4]) {
    const Vector s[4] = {_mm256_unpacklo_ps(r[0], r[1]), _mm256_unpackhi_ps(r[0], r[1]),
                         _mm256_unpacklo_ps(r[2], r[3]), _mm256_unpackhi_ps(r[2], r[3])};
    r[0] = _mm256_shuffle_ps(s[0], s[2], 0x44);
    r[1] = _mm256_shuffle_ps(s[0], s[2], 0xee);
    r[2] = _mm256_shuffle_ps(s[1], s[3], 0x44);
    r[3] = _mm256_shuffle_ps(s[1], s[3], 0xee);
  }
};

struct F64x4 {
  using Element = double;
  using Vector = __m256d;
  using Mask = __m256i;
  static constexpr int lanes = 4;
  TRACEJIT_INLINE Mask first(std::int64_t n) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
  }
  TRACEJIT_INLINE Vector zero() { return _mm256_setzero_pd(); }
  TRACEJIT_INLINE Vector splat(const double *p) { return _mm256_broadcast_sd(p); }
  TRACEJIT_INLINE Vector load(const double *p) { return _mm256_loadu_pd(p); }
  TRACEJIT_INLINE Vector load(const double *p, Mask m) { return _mm256_maskload_pd(p, m); }
  TRACEJIT_INLINE void store(double *p, Vector v) { _mm256_storeu_pd(p, v); }
  TRACEJIT_INLINE void store(double *p, Vector v, Mask m) { _mm256_maskstore_pd(p, m, v); }
  TRACEJIT_INLINE Vector fma(Vector a, Vector b, Vector c) { return _mm256_fmadd_pd(a, b, c); }
  TRACEJIT_INLINE Vector join(const double *low, const double *high) {
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(low)), _mm_loadu_pd(high), 1);
  }
  TRACEJIT_INLINE void turn(Vector (&r)[2]) {
    const Vector low = _mm256_unpacklo_pd(r[0], r[1]);
    r[1] = _mm256_unpackhi_pd(r[0], r[1]);
    r[0] = low;
  }
};

#ifdef TRACEJIT_ISA_v4

struct F32x16 {
  using Element = float;
  using Vector = __m512;
  using Mask = __mmask16;
  static constexpr int lanes = 16;
  TRACEJIT_INLINE Mask first(std::int64_t n) { return static_cast<Mask>((1u << n) - 1); }
  TRACEJIT_INLINE Vector zero() { return _mm512_setzero_ps(); }
  TRACEJIT_INLINE Vector splat(const float *p) { return _mm512_set1_ps(*p); }
  TRACEJIT_INLINE Vector load(const float *p) { return _mm512_loadu_ps(p); }
  TRACEJIT_INLINE Vector load(const float *p, Mask m) { return _mm512_maskz_loadu_ps(m, p); }
  TRACEJIT_INLINE void store(float *p, Vector v) { _mm512_storeu_ps(p, v); }
  TRACEJIT_INLINE void store(float *p, Vector v, Mask m) { _mm512_mask_storeu_ps(p, m, v); }
  TRACEJIT_INLINE Vector fma(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
};

struct F64x8 {
  using Element = double;
  using Vector = __m512d;
  using Mask = __mmask8;
  static constexpr int lanes = 8;
  TRACEJIT_INLINE Mask first(std::int64_t n) { return static_cast<Mask>((1u << n) - 1); }
  TRACEJIT_INLINE Vector zero() { return _mm512_setzero_pd(); }
  TRACEJIT_INLINE Vector splat(const double *p) { return _mm512_set1_pd(*p); }
  TRACEJIT_INLINE Vector load(const double *p) { return _mm512_loadu_pd(p); }
  TRACEJIT_INLINE Vector load(const double *p, Mask m) { return _mm512_maskz_loadu_pd(m, p); }
  TRACEJIT_INLINE void store(double *p, Vector v) { _mm512_storeu_pd(p, v); }
  TRACEJIT_INLINE void store(double *p, Vector v, Mask m) { _mm512_mask_storeu_pd(p, m, v); }
  TRACEJIT_INLINE Vector fma(Vector a, Vector b, Vector c) { return _mm512_fmadd_pd(a, b, c); }
};

inline constexpr int vector_registers = 32;
using F32 = F32x16;
using F64 = F64x8;
#else
inline constexpr int vector_registers = 16;
using F32 = F32x8;
using F64 = F64x4;
#endif

} // namespace jit::TRACEJIT_ISA
