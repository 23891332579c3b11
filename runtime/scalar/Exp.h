// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// exp, sigmoid and tanh of f32 and f64. Coefficients: own minimax fits of the relative error of the
// result, rounded one after the other with the rest refitted.
#pragma once

#include "runtime/scalar/Emitter.h"

namespace jit::scalar {

/// ln 2 in two parts: the first is short enough that its product with an exponent is exact.
template <class E, FloatOf<E> V> struct Ln2 {
  static constexpr bool is_f32 = Format<E, V>::is_f32;
  static constexpr double high = is_f32 ? 0x1.62e4p-1 : 0x1.62e42fefa38p-1;
  static constexpr double low = is_f32 ? 0x1.7f7d1cp-20 : 0x1.ef35793c7673p-45;
  static constexpr double inverse = 0x1.71547652b82fep+0;
};

/// q with e^r = 1 + r + r^2 q(r) for |r| <= ln(2) / 2: error 2^-28.2 in f32, 2^-57.9 in f64.
inline constexpr float exp_tail_f32[] = {0x1.fffffcp-2f, 0x1.555492p-3f, 0x1.5558b0p-5f,
                                         0x1.12398ep-7f, 0x1.6a4d68p-10f};
inline constexpr double exp_tail_f64[] = {
    0x1.000000000000ap-1,  0x1.5555555555504p-3,  0x1.55555555506a5p-5,  0x1.11111111255b2p-7,
    0x1.6c16c1847edc6p-10, 0x1.a01a0136add7cp-13, 0x1.a01999449557ep-16, 0x1.71df0aa6c0913p-19,
    0x1.28ae18d3e32cfp-22, 0x1.ada8af5ad5d60p-26};

template <class E, FloatOf<E> V> TRACEJIT_EMIT V exp_tail(E &e, V r) {
  if constexpr (Format<E, V>::is_f32)
    return polynomial(e, r, exp_tail_f32);
  else
    return polynomial(e, r, exp_tail_f64);
}

/// e^x = 2^exponent * power, power in [0.7, 1.42]; `shifted` holds the exponent in its low bits.
template <class V> struct ExpParts {
  V power, exponent, shifted;
};

/// |x| must be small enough for the exponent to stay in the format's range of powers.
template <class E, FloatOf<E> V> TRACEJIT_EMIT ExpParts<V> exp_parts(E &e, V x) {
  using L = Ln2<E, V>;
  auto shift = constant<V>(e, Format<E, V>::round_shift);
  auto shifted = e.fma(x, constant<V>(e, L::inverse), shift);
  auto n = e.sub(shifted, shift);
  auto partial = e.fma(n, constant<V>(e, -L::high), x);
  auto r = e.fma(n, constant<V>(e, -L::low), partial);
  auto tail = exp_tail(e, r);
  auto r_squared = e.mul(r, r);
  auto power_minus_1 = e.fma(r_squared, tail, r);
  auto power = e.add(power_minus_1, constant<V>(e, 1.0));
  return {power, n, shifted};
}

/// e to the power x; f32 within 1 ulp, f64 within 1 ulp.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V exp(E &e, V x) {
  constexpr bool is_f32 = Format<E, V>::is_f32;
  // Beyond these bounds the result is surely infinite or zero. The form keeps NaN.
  auto upper = constant<V>(e, is_f32 ? 89.0 : 709.9);
  auto lower = constant<V>(e, is_f32 ? -104.0 : -745.2);
  auto too_large = e.lt(upper, x);
  auto capped = e.select(too_large, upper, x);
  auto too_small = e.lt(capped, lower);
  auto clamped = e.select(too_small, lower, capped);
  auto parts = exp_parts(e, clamped);
  return e.ldexp(parts.power, parts.exponent);
}

/// e^x for x <= 0 as exp, but nearly correctly rounded: what ln 2 lacks and the rounding of
/// 1 + r are added last. Costs five operations more.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V exp_accurate(E &e, V x) {
  using L = Ln2<E, V>;
  auto one = constant<V>(e, 1.0);
  auto lower = constant<V>(e, Format<E, V>::is_f32 ? -104.0 : -745.2);
  auto too_small = e.lt(x, lower);
  auto clamped = e.select(too_small, lower, x);
  auto shift = constant<V>(e, Format<E, V>::round_shift);
  auto shifted = e.fma(clamped, constant<V>(e, L::inverse), shift);
  auto n = e.sub(shifted, shift);
  auto r_high = e.fma(n, constant<V>(e, -L::high), clamped);
  auto r = e.fma(n, constant<V>(e, -L::low), r_high);
  auto tail = exp_tail(e, r);
  auto r_squared = e.mul(r, r);
  auto beyond_r = e.mul(r_squared, tail);
  auto low = e.fma(n, constant<V>(e, -L::low), beyond_r);
  auto leading = e.add(r_high, one);
  auto kept = e.sub(leading, one);
  auto lost = e.sub(r_high, kept);
  auto rest = e.add(low, lost);
  auto power = e.add(leading, rest);
  return e.ldexp(power, n);
}

/// x >= 0 ? 1 / (1 + e^-x) : e^x / (1 + e^x), corrected for the rounding of the denominator, whose
/// relative weight is 1 / (1 + e^x), the complement of the quotient.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V sigmoid(E &e, V x) {
  auto magnitude = e.abs(x);
  auto falling = e.neg(magnitude);
  auto power = exp_accurate(e, falling);
  auto denominator = e.add(power, constant<V>(e, 1.0));
  auto below = e.lt(x, constant<V>(e, 0.0));
  auto numerator = e.select(below, power, constant<V>(e, 1.0));
  auto quotient = e.div(numerator, denominator);
  auto kept = e.sub(denominator, constant<V>(e, 1.0));
  auto excess = e.sub(kept, power);
  auto complement = e.sub(constant<V>(e, 1.0), quotient);
  auto correction = e.mul(excess, complement);
  return e.fma(correction, quotient, quotient);
}

/// p with tanh x = x + x^3 p(x^2): error 2^-28.3 for |x| < 0.6 in f32, 2^-64.9 for |x| < 0.55 in
/// f64.
inline constexpr float tanh_tail_f32[] = {-0x1.555542p-2f, 0x1.110a6ap-3f, -0x1.b8ae2ep-5f,
                                          0x1.55379cp-6f, -0x1.846fa2p-8f};
inline constexpr double tanh_tail_f64[] = {
    -0x1.5555555555555p-2,  0x1.1111111111085p-3,  -0x1.ba1ba1ba11870p-5,  0x1.664f487fcc1fdp-6,
    -0x1.226e34db4cd2ap-7,  0x1.d6d3b3b0a3012p-9,  -0x1.7da134aa16b54p-10, 0x1.353b4334dd511p-11,
    -0x1.f36c3c7e236f8p-13, 0x1.897c1184e5b77p-14, -0x1.12eff130faef5p-15, 0x1.ece36975296c7p-18};

template <class E, FloatOf<E> V> TRACEJIT_EMIT V tanh_small(E &e, V x) {
  auto x_squared = e.mul(x, x);
  V tail = x_squared;
  if constexpr (Format<E, V>::is_f32)
    tail = polynomial(e, x_squared, tanh_tail_f32);
  else
    tail = polynomial(e, x_squared, tanh_tail_f64);
  auto x_cubed = e.mul(x_squared, x);
  return e.fma(x_cubed, tail, x);
}

/// Hyperbolic tangent: 1 - 2 / (1 + e^2|x|) from 1/2 on, a polynomial below.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V tanh(E &e, V x) {
  constexpr bool is_f32 = Format<E, V>::is_f32;
  auto magnitude = e.abs(x);
  auto twice = e.add(magnitude, magnitude);
  auto bound = constant<V>(e, is_f32 ? 20.0 : 40.0);
  auto beyond = e.lt(bound, twice);
  auto clamped = e.select(beyond, bound, twice);
  auto parts = exp_parts(e, clamped);
  // The power of two is small: adding the exponent to the bits scales exactly. Not so for NaN,
  // which takes the other way.
  auto shifted_bits = e.to_bits(parts.shifted);
  auto exponent_bits = e.shl(shifted_bits, Format<E, V>::mantissa_bits);
  auto power_bits = e.to_bits(parts.power);
  auto scaled_bits = e.add(power_bits, exponent_bits);
  auto power = e.from_bits(scaled_bits);
  auto denominator = e.add(power, constant<V>(e, 1.0));
  auto missing = e.div(constant<V>(e, 2.0), denominator);
  auto large = e.sub(constant<V>(e, 1.0), missing);
  auto small = tanh_small(e, magnitude);
  auto is_large = e.le(constant<V>(e, is_f32 ? 0.6 : 0.55), magnitude);
  auto result = e.select(is_large, large, small);
  return copy_sign(e, result, x);
}

} // namespace jit::scalar
