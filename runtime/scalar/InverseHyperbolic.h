// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// asinh, acosh and atanh of f32 and f64. Coefficients: own minimax fits.
#pragma once

#include "runtime/scalar/Log1p.h"

namespace jit::scalar {

/// p with atanh s = s + s^3 p(s^2) for |s| <= 1/5: error 2^-35.1.
inline constexpr float atanh_tail_f32[] = {0x1.555554p-2f, 0x1.999c0ep-3f, 0x1.23dfa8p-3f,
                                           0x1.eeb544p-4f};

/// Inverse hyperbolic sine: log1p(a + a^2 / (1 + sqrt(a^2 + 1))), and log(2 a) where 1 no longer
/// matters.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V asinh(E &e, V x) {
  auto one = constant<V>(e, 1.0), zero = constant<V>(e, 0.0);
  auto a = e.abs(x);
  auto is_large = e.lt(constant<V>(e, 0x1p60), a);
  auto square = e.mul(a, a);
  auto square_and_1 = e.fma(a, a, one);
  auto root = e.sqrt(square_and_1);
  auto denominator = e.add(root, one);
  auto quotient = e.div(square, denominator);
  auto beyond = e.select(is_large, zero, quotient);
  auto extra = e.select(is_large, one, zero);
  // 1 + a + beyond with what is lost, for large a is 1 alone
  auto argument = e.add(a, beyond);
  auto argument_kept = e.sub(argument, a);
  auto argument_lost = e.sub(beyond, argument_kept);
  auto sum = e.add(argument, one);
  auto kept = e.sub(sum, one);
  auto sum_lost = e.sub(argument, kept);
  auto lost = e.add(sum_lost, argument_lost);
  auto result = log_of_sum_above_1(e, sum, lost, extra);
  return copy_sign(e, result, x);
}

/// Inverse hyperbolic cosine: log1p(d + sqrt(2 d + d^2)) with d = x - 1, and log(2 x) for large x.
/// NaN below 1.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V acosh(E &e, V x) {
  auto one = constant<V>(e, 1.0), zero = constant<V>(e, 0.0);
  auto is_large = e.lt(constant<V>(e, 0x1p60), x);
  auto extra = e.select(is_large, one, zero);
  auto in_domain = e.le(one, x);
  auto checked = e.select(in_domain, x, constant<V>(e, Format<E, V>::nan));
  auto d = e.sub(checked, one);
  auto twice = e.add(d, d);
  auto square = e.fma(d, d, twice);
  auto small_root = e.sqrt(square);
  auto root = e.select(is_large, zero, small_root);
  // 1 + d + root
  auto sum = e.add(checked, root);
  auto kept = e.sub(sum, checked);
  auto lost = e.sub(root, kept);
  return log_of_sum_above_1<true>(e, sum, lost, extra);
}

/// Inverse hyperbolic tangent: k ln(2) / 2 + atanh s, where 2^k is the power of two near
/// (1 + a) / (1 - a) and s = ((1 + a) - 2^k (1 - a)) / ((1 + a) + 2^k (1 - a)); what 1 + a and 1 -
/// a lose matters for the difference. NaN beyond 1.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V atanh(E &e, V x) {
  using F = Format<E, V>;
  using L = Ln2<E, V>;
  auto one = constant<V>(e, 1.0), zero = constant<V>(e, 0.0);
  auto a = e.abs(x);
  auto above = e.add(a, one);
  auto below = e.sub(one, a);
  auto [mantissa, exponent] = split_normal(e, below);
  // (1 + a) / mantissa in [2/3, 8/3): halved where it is beyond 3/2
  auto bound = e.mul(mantissa, constant<V>(e, 1.5));
  auto is_beyond = e.lt(bound, above);
  auto halving = e.select(is_beyond, one, zero);
  auto k = e.sub(halving, exponent);
  auto shifted = e.add(k, constant<V>(e, F::round_shift + F::bias));
  auto shifted_bits = e.to_bits(shifted);
  auto power_bits = e.shl(shifted_bits, F::mantissa_bits);
  auto power = e.from_bits(power_bits);
  auto above_kept = e.sub(above, one);
  auto above_lost = e.sub(a, above_kept);
  auto below_kept = e.sub(one, below);
  auto below_lost = e.sub(below_kept, a);
  auto minus_power = e.neg(power);
  auto difference = e.fma(minus_power, below, above);
  auto lost = e.fma(minus_power, below_lost, above_lost);
  auto numerator = e.add(difference, lost);
  auto denominator = e.fma(power, below, above);
  auto s = e.div(numerator, denominator);
  // What s lacks, by a rough reciprocal: the denominator is between 2.4 and 4.7 where it matters.
  auto numerator_kept = e.sub(numerator, difference);
  auto numerator_lost = e.sub(lost, numerator_kept);
  auto minus_s = e.neg(s);
  auto remainder = e.fma(minus_s, denominator, numerator);
  auto lacking = e.add(remainder, numerator_lost);

  auto s_squared = e.mul(s, s);
  auto s_quartic = e.mul(s_squared, s_squared);
  auto s_cubed = e.mul(s_squared, s);
  auto low_step = e.mul(k, constant<V>(e, L::low / 2));
  auto low = e.fma(lacking, constant<V>(e, 0.3125), low_step);
  V rest = s;
  if constexpr (F::is_f32) {
    auto tail = polynomial_by_pairs(e, s_squared, s_quartic, atanh_tail_f32);
    rest = e.fma(s_cubed, tail, low);
  } else {
    // The logarithm's series is that of 2 atanh s.
    auto tail = polynomial_by_pairs(e, s_squared, s_quartic, log_tail_f64);
    auto half_cube = e.mul(s_cubed, e.f64(0.5));
    rest = e.fma(half_cube, tail, low);
  }
  auto small = e.add(s, rest);
  auto sum = e.fma(k, constant<V>(e, L::high / 2), small);
  auto is_one = e.eq(a, one);
  auto beyond = e.select(is_one, constant<V>(e, F::infinity), constant<V>(e, F::nan));
  auto in_domain = e.lt(a, one);
  auto result = e.select(in_domain, sum, beyond);
  return copy_sign(e, result, x);
}

} // namespace jit::scalar
