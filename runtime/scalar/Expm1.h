// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expm1, sinh and cosh of f32 and f64: what keeps its digits near zero. Coefficients: own minimax
// fits.
#pragma once

#include "runtime/scalar/Exp.h"

namespace jit::scalar {

/// s with sinh r = r + r^3 s(r^2) and c with cosh r = 1 + r^2 c(r^2) for |r| <= ln(2) / 2. Errors
/// in f32 2^-26.1, where the term is at most a fiftieth of the result, and 2^-33; in f64 2^-61 and
/// 2^-69.
inline constexpr float sinh_tail_f32[] = {0x1.5554aep-3f, 0x1.12294p-7f};
inline constexpr float cosh_tail_f32[] = {0x1p-1f, 0x1.5554e4p-5f, 0x1.6d51cp-10f};
inline constexpr double sinh_tail_f64[] = {0x1.5555555555559p-3, 0x1.111111110f61bp-7,
                                           0x1.a01a01b02b7e5p-13, 0x1.71ddf787482b1p-19,
                                           0x1.af604ebba2d3p-26};
inline constexpr double cosh_tail_f64[] = {0x1p-1,
                                           0x1.5555555555558p-5,
                                           0x1.6c16c16c14ff6p-10,
                                           0x1.a01a01ad84575p-16,
                                           0x1.27e4cbfcda22dp-22,
                                           0x1.1f8c0a6211e23p-29};

/// x = n ln 2 + high + low: `high` exact, `low` the product with the low part of ln 2.
template <class V> struct ReducedByLn2 {
  V shifted, n, high, low;
};
template <class E, FloatOf<E> V>
TRACEJIT_EMIT ReducedByLn2<V> reduce_by_ln2(E &e, V x, double shift) {
  using L = Ln2<E, V>;
  auto shift_value = constant<V>(e, shift);
  auto shifted = e.fma(x, constant<V>(e, L::inverse), shift_value);
  auto n = e.sub(shifted, shift_value);
  auto high = e.fma(n, constant<V>(e, -L::high), x);
  auto low = e.mul(n, constant<V>(e, -L::low));
  return {shifted, n, high, low};
}

/// e^x - 1 = 2 (2^(n-1) (e^r - 1) + (2^(n-1) - 1/2)), halved so that 2^128 does not overflow early.
/// Where n is 0 that is e^r - 1.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V expm1(E &e, V x) {
  using F = Format<E, V>;
  // Beyond these bounds the result is surely infinite or -1. The form keeps NaN.
  auto upper = constant<V>(e, F::is_f32 ? 89.0 : 709.9);
  auto lower = constant<V>(e, F::is_f32 ? -20.0 : -40.0);
  auto too_large = e.lt(upper, x);
  auto capped = e.select(too_large, upper, x);
  auto too_small = e.lt(capped, lower);
  auto clamped = e.select(too_small, lower, capped);
  // The low bits of `shifted` are the exponent field of 2^(n - 1).
  auto reduced = reduce_by_ln2(e, clamped, F::round_shift + (F::bias - 1));
  auto r = e.add(reduced.high, reduced.low);
  auto r_squared = e.mul(r, r);
  auto tail = exp_tail(e, r, r_squared);
  auto low = e.fma(r_squared, tail, reduced.low);
  auto expm1_r = e.add(reduced.high, low);

  auto shifted_bits = e.to_bits(reduced.shifted);
  auto power_bits = e.shl(shifted_bits, F::mantissa_bits);
  auto half_power = e.from_bits(power_bits);
  auto half_power_less = e.sub(half_power, constant<V>(e, 0.5));
  auto half = e.fma(half_power, expm1_r, half_power_less);
  auto doubled = e.add(half, half);
  // Half of a subnormal number may not be one.
  auto is_small = e.eq(reduced.n, constant<V>(e, 0.0));
  auto result = e.select(is_small, expm1_r, doubled);
  return copy_sign(e, result, x);
}

/// Half of cosh a (`is_sum`) or sinh a for a >= 0 or NaN, a = n ln 2 + r: with C and S the sum and
/// the difference of 2^(n-2) and 2^(-n-2), the first is C cosh r + S sinh r, the second
/// S cosh r + C sinh r. Halved, so that 2^n does not overflow early.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V half_hyperbolic(E &e, V a, bool is_sum) {
  using F = Format<E, V>;
  using Int = typename F::Int;
  // Beyond this bound the result, times 2, is infinite.
  auto upper = constant<V>(e, F::is_f32 ? 89.5 : 710.6);
  auto too_large = e.lt(upper, a);
  auto clamped = e.select(too_large, upper, a);
  auto reduced = reduce_by_ln2(e, clamped, F::round_shift + (F::bias - 2));
  auto shifted_bits = e.to_bits(reduced.shifted);
  auto rising_bits = e.shl(shifted_bits, F::mantissa_bits);
  auto falling_bits =
      e.sub(int_constant<Int>(e, std::int64_t{2 * F::bias - 4} << F::mantissa_bits), rising_bits);
  auto rising = e.from_bits(rising_bits);
  auto falling_power = e.from_bits(falling_bits);
  // From n = 30 on it is too small to matter and soon out of the format.
  auto matters = e.lt(reduced.n, constant<V>(e, 30.0));
  auto falling = e.select(matters, falling_power, constant<V>(e, 0.0));
  auto added = is_sum ? falling : e.neg(falling);
  auto of_cosh = e.add(rising, added);
  auto of_sinh = e.sub(rising, added);
  auto kept = e.sub(of_cosh, rising);
  auto lost = e.sub(added, kept);

  auto r = e.add(reduced.high, reduced.low);
  auto r_squared = e.mul(r, r);
  V sinh_tail = r, cosh_tail = r;
  if constexpr (F::is_f32) {
    sinh_tail = polynomial(e, r_squared, sinh_tail_f32);
    cosh_tail = polynomial(e, r_squared, cosh_tail_f32);
  } else {
    auto r_quartic = e.mul(r_squared, r_squared);
    sinh_tail = polynomial_by_pairs(e, r_squared, r_quartic, sinh_tail_f64);
    cosh_tail = polynomial_by_pairs(e, r_squared, r_quartic, cosh_tail_f64);
  }
  auto r_cubed = e.mul(r_squared, r);
  auto sinh_rest = e.fma(r_cubed, sinh_tail, reduced.low);
  auto cosh_rest = e.mul(r_squared, cosh_tail);
  auto rest_of_cosh = e.fma(of_cosh, cosh_rest, lost);
  auto rest = e.fma(of_sinh, sinh_rest, rest_of_cosh);
  auto leading = e.fma(of_sinh, reduced.high, of_cosh);
  return e.add(leading, rest);
}

/// Hyperbolic cosine.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V cosh(E &e, V x) {
  auto magnitude = e.abs(x);
  auto half = half_hyperbolic(e, magnitude, true);
  return e.add(half, half);
}

/// Hyperbolic sine; x where the cube does not matter, which may be subnormal.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V sinh(E &e, V x) {
  auto magnitude = e.abs(x);
  auto half = half_hyperbolic(e, magnitude, false);
  auto doubled = e.add(half, half);
  auto is_small = e.lt(magnitude, constant<V>(e, Format<E, V>::is_f32 ? 0x1p-13 : 0x1p-28));
  auto result = e.select(is_small, magnitude, doubled);
  return copy_sign(e, result, x);
}

} // namespace jit::scalar
