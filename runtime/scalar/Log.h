// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The natural logarithm of f32 and f64. Coefficients: own minimax fits.
#pragma once

#include "runtime/scalar/Exp.h"

namespace jit::scalar {

/// p with log(1 + f) = f - f^2 / 2 + f^3 p(f) for f in [-1/4, 1/2]: error 2^-27.6.
inline constexpr float log_tail_f32[] = {0x1.5555a4p-2f,  -0x1.000044p-2f, 0x1.99696ep-3f,
                                         -0x1.54eed4p-3f, 0x1.288608p-3f,  -0x1.0d941ap-3f,
                                         0x1.aca232p-4f,  -0x1.713cdcp-5f};
/// p with log(1 + f) = 2 s + s^3 p(s^2), s = f / (2 + f): error 2^-66.8.
inline constexpr double log_tail_f64[] = {
    0x1.5555555555555p-1, 0x1.9999999999b7dp-2, 0x1.249249247584bp-2,
    0x1.c71c71e0a6425p-3, 0x1.745d117e9e552p-3, 0x1.3b144c4ebd7aap-3,
    0x1.11102683db925p-3, 0x1.df28e3f7aec95p-4, 0x1.eafd4dacb0d5cp-4};

/// log(1 + f) = f + f^2 q in f32: q for f in [-1/4, 1/2].
template <class E, class V = typename E::F32>
TRACEJIT_EMIT V log_quadratic(E &e, V f, V f_squared) {
  auto tail = polynomial_by_pairs(e, f, f_squared, log_tail_f32);
  return e.fma(tail, f, constant<V>(e, -0.5));
}

/// log(1 + f) = f - (half_square - s * beyond_2s) in f64 for f in [-1/4, 1/2]: 2 s = f - s f, and
/// f^2 / 2 is taken out of both terms so that f enters unrounded.
template <class V> struct LogSeries {
  V s, beyond_2s, half_square;
};
template <class E, class V = typename E::F64> TRACEJIT_EMIT LogSeries<V> log_series(E &e, V f) {
  auto denominator = e.add(f, constant<V>(e, 2.0));
  auto s = e.div(f, denominator);
  auto s_squared = e.mul(s, s);
  auto s_quartic = e.mul(s_squared, s_squared);
  auto tail = polynomial_by_pairs(e, s_squared, s_quartic, log_tail_f64);
  auto half_f = e.mul(f, constant<V>(e, 0.5));
  auto half_square = e.mul(half_f, f);
  auto beyond_2s = e.fma(s_squared, tail, half_square);
  return {s, beyond_2s, half_square};
}

/// exponent * ln 2 + log(1 + f) for f in [-1/4, 1/2]. An infinite exponent is the result; both
/// parts of ln 2 are positive, so no infinities of different sign meet.
template <class E>
TRACEJIT_EMIT typename E::F32 log_of_parts(E &e, typename E::F32 f, typename E::F32 exponent) {
  using L = Ln2<E, typename E::F32>;
  auto f_squared = e.mul(f, f);
  auto quadratic = log_quadratic(e, f, f_squared);
  auto log_mantissa = e.fma(f_squared, quadratic, f);
  auto low = e.fma(exponent, e.f32(L::low), log_mantissa);
  return e.fma(exponent, e.f32(L::high), low);
}
/// The same + rest, where `rest` is small.
template <class E, class V = typename E::F32>
TRACEJIT_EMIT V log_of_parts_and_rest(E &e, V f, V exponent, typename E::F32 rest) {
  using L = Ln2<E, V>;
  auto f_squared = e.mul(f, f);
  auto quadratic = log_quadratic(e, f, f_squared);
  auto beyond_f = e.fma(f_squared, quadratic, rest);
  auto log_mantissa = e.add(f, beyond_f);
  auto low = e.fma(exponent, e.f32(L::low), log_mantissa);
  return e.fma(exponent, e.f32(L::high), low);
}
/// exponent * ln 2 + log(1 + f) + low, where `low` is small and holds the low part of the first.
template <class E, class V = typename E::F64>
TRACEJIT_EMIT V log_with_low(E &e, V f, V exponent, V low) {
  auto series = log_series(e, f);
  auto correction = e.fma(series.s, series.beyond_2s, low);
  auto below_f = e.sub(series.half_square, correction);
  auto log_mantissa = e.sub(f, below_f);
  return e.fma(exponent, e.f64(Ln2<E, V>::high), log_mantissa);
}
template <class E, class V = typename E::F64>
TRACEJIT_EMIT V log_of_parts_and_rest(E &e, V f, V exponent, typename E::F64 rest) {
  auto low = e.fma(exponent, e.f64(Ln2<E, V>::low), rest);
  return log_with_low(e, f, exponent, low);
}
template <class E>
TRACEJIT_EMIT typename E::F64 log_of_parts(E &e, typename E::F64 f, typename E::F64 exponent) {
  auto exponent_low = e.mul(exponent, e.f64(Ln2<E, typename E::F64>::low));
  return log_with_low(e, f, exponent, exponent_low);
}

/// Natural logarithm. `split` gives zero and infinity the exponents that are the results.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V log(E &e, V x) {
  auto [mantissa, exponent] = e.split(x);
  auto f = e.sub(mantissa, constant<V>(e, 1.0));
  return log_of_parts(e, f, exponent);
}

} // namespace jit::scalar
