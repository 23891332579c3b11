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

template <class E, FloatOf<E> V> TRACEJIT_EMIT V exp_tail(E &e, V r, V r_squared) {
  if constexpr (Format<E, V>::is_f32)
    return polynomial_by_pairs(e, r, r_squared, exp_tail_f32);
  else
    return polynomial_by_pairs(e, r, r_squared, exp_tail_f64);
}

/// e to the power x; f32 within 1.1 ulp, f64 within 1.1 ulp.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V exp(E &e, V x) {
  using L = Ln2<E, V>;
  constexpr bool is_f32 = Format<E, V>::is_f32;
  // Beyond these bounds the result is surely infinite or zero. The form keeps NaN.
  auto upper = constant<V>(e, is_f32 ? 89.0 : 709.9);
  auto lower = constant<V>(e, is_f32 ? -104.0 : -745.2);
  auto too_large = e.lt(upper, x);
  auto capped = e.select(too_large, upper, x);
  auto too_small = e.lt(capped, lower);
  auto clamped = e.select(too_small, lower, capped);
  auto shift = constant<V>(e, Format<E, V>::ldexp_shift);
  auto shifted = e.fma(clamped, constant<V>(e, L::inverse), shift);
  auto n = e.sub(shifted, shift);
  auto partial = e.fma(n, constant<V>(e, -L::high), clamped);
  auto r = e.fma(n, constant<V>(e, -L::low), partial);
  auto r_squared = e.mul(r, r);
  auto tail = exp_tail(e, r, r_squared);
  auto power_minus_1 = e.fma(r_squared, tail, r);
  auto power = e.add(power_minus_1, constant<V>(e, 1.0));
  return e.ldexp(power, shifted);
}

/// p with 2^r = 1 + r p(r) for |r| <= 1/2: error 2^-27.5 in f32, 2^-55.6 in f64 but for the
/// rounding of the first coefficient.
inline constexpr float exp2_slope_f32[] = {0x1.62e432p-1f, 0x1.ebfbe6p-3f,  0x1.c6ada8p-5f,
                                           0x1.3b2382p-7f, 0x1.5fb952p-10f, 0x1.496f0ep-13f};
inline constexpr double exp2_slope_f64[] = {
    0x1.62e42fefa39f3p-1,  0x1.ebfbdff82c599p-3,  0x1.c6b08d7048e7p-5,   0x1.3b2ab6fba1df3p-7,
    0x1.5d87fe7bc452ap-10, 0x1.4309130ac77ffp-13, 0x1.ffcbef5c12eebp-17, 0x1.62bfcce143076p-20,
    0x1.b53bb1300d63fp-24, 0x1.e61a206d8a397p-28, 0x1.ce2ae8e36ee04p-32};

/// 2 to the power x, exact for integral x; the exponent is that integer.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V exp2(E &e, V x) {
  constexpr bool is_f32 = Format<E, V>::is_f32;
  // As in exp.
  auto upper = constant<V>(e, is_f32 ? 129.0 : 1025.0);
  auto lower = constant<V>(e, is_f32 ? -151.0 : -1076.0);
  auto too_large = e.lt(upper, x);
  auto capped = e.select(too_large, upper, x);
  auto too_small = e.lt(capped, lower);
  auto clamped = e.select(too_small, lower, capped);
  auto shift = constant<V>(e, Format<E, V>::ldexp_shift);
  auto shifted = e.add(clamped, shift);
  auto n = e.sub(shifted, shift);
  auto r = e.sub(clamped, n);
  auto r_squared = e.mul(r, r);
  V slope = r;
  if constexpr (is_f32)
    slope = polynomial_rounded_once(e, r, r_squared, exp2_slope_f32);
  else
    slope = polynomial_rounded_once(e, r, r_squared, exp2_slope_f64);
  auto power = e.fma(r, slope, constant<V>(e, 1.0));
  return e.ldexp(power, shifted);
}

/// e^x for x <= 0 as exp, but nearly correctly rounded: what ln 2 lacks and the rounding of
/// 1 + r are added last. Costs five operations more.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V exp_accurate(E &e, V x) {
  using L = Ln2<E, V>;
  auto one = constant<V>(e, 1.0);
  auto lower = constant<V>(e, Format<E, V>::is_f32 ? -104.0 : -745.2);
  auto too_small = e.lt(x, lower);
  auto clamped = e.select(too_small, lower, x);
  auto shift = constant<V>(e, Format<E, V>::ldexp_shift);
  auto shifted = e.fma(clamped, constant<V>(e, L::inverse), shift);
  auto n = e.sub(shifted, shift);
  auto r_high = e.fma(n, constant<V>(e, -L::high), clamped);
  auto r = e.fma(n, constant<V>(e, -L::low), r_high);
  auto r_squared = e.mul(r, r);
  auto tail = exp_tail(e, r, r_squared);
  auto beyond_r = e.mul(r_squared, tail);
  auto low = e.fma(n, constant<V>(e, -L::low), beyond_r);
  auto leading = e.add(r_high, one);
  auto kept = e.sub(leading, one);
  auto lost = e.sub(r_high, kept);
  auto rest = e.add(low, lost);
  auto power = e.add(leading, rest);
  return e.ldexp(power, shifted);
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

/// Hyperbolic tangent: q = E / (E + 1) with E = (e^2|x| - 1) / 2, whose term in e^r - 1 keeps its
/// digits near zero. What the division and its rounded denominator lost is added, with the weight
/// 1 - q.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V tanh(E &e, V x) {
  using F = Format<E, V>;
  using L = Ln2<E, V>;
  auto one = constant<V>(e, 1.0);
  // From the bound on the result is 1, which the larger argument gives exactly. NaN stays.
  auto magnitude = e.abs(x);
  auto is_one = e.lt(constant<V>(e, F::is_f32 ? 8.66 : 18.7), magnitude);
  auto clamped = e.select(is_one, constant<V>(e, F::is_f32 ? 30.0 : 60.0), magnitude);

  // 2|x| = n ln 2 + r, computed in halves. The low bits of `shifted` are the exponent field of
  // 2^(n - 1).
  auto shift = constant<V>(e, F::round_shift + (F::bias - 1));
  auto shifted = e.fma(clamped, constant<V>(e, 2 * L::inverse), shift);
  auto n = e.sub(shifted, shift);
  V expm1_r = clamped;
  if constexpr (F::is_f32) {
    auto half_r = e.fma(n, constant<V>(e, -0x1.62e43p-2), clamped);
    auto r = e.add(half_r, half_r);
    auto r_squared = e.mul(r, r);
    auto tail = exp_tail(e, r, r_squared);
    expm1_r = e.fma(r_squared, tail, r);
  } else {
    auto half_r_high = e.fma(n, constant<V>(e, -L::high / 2), clamped);
    auto r_high = e.add(half_r_high, half_r_high);
    auto r = e.fma(n, constant<V>(e, -L::low), r_high);
    auto r_squared = e.mul(r, r);
    auto tail = exp_tail(e, r, r_squared);
    auto beyond_r = e.mul(r_squared, tail);
    auto low = e.fma(n, constant<V>(e, -L::low), beyond_r);
    expm1_r = e.add(r_high, low);
  }

  auto shifted_bits = e.to_bits(shifted);
  auto power_bits = e.shl(shifted_bits, F::mantissa_bits);
  auto half_power = e.from_bits(power_bits);
  auto half_power_less = e.sub(half_power, constant<V>(e, 0.5));
  auto numerator = e.fma(half_power, expm1_r, half_power_less);
  auto denominator = e.add(numerator, one);
  auto quotient = e.div(numerator, denominator);

  auto kept = e.sub(denominator, one);
  auto excess = e.sub(kept, numerator);
  auto complement = e.sub(one, quotient);
  auto minus_quotient = e.neg(quotient);
  auto remainder = e.fma(minus_quotient, denominator, numerator);
  auto lost = e.fma(quotient, excess, remainder);
  auto result = e.fma(lost, complement, quotient);
  return copy_sign(e, result, x);
}

} // namespace jit::scalar
