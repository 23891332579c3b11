// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Powers of floats: f32 as exp2(y log2 x) in f64, f64 with the logarithm and its product in
// double-double. Coefficients: own minimax fits.
#pragma once

#include "runtime/scalar/Log.h"
#include "runtime/scalar/PowInt.h"

namespace jit::scalar {

/// p with log2(1 + f) = f p(f) for f in [-1/4, 1/2]: error 2^-35.4.
inline constexpr double log2_tail[] = {
    0x1.71547652d0248p+0, -0x1.7154765610a5bp-1, 0x1.ec709cccc13c8p-2, -0x1.71546f21243bbp-2,
    0x1.2777248cbdf97p-2, -0x1.ec7579b306b19p-3, 0x1.a6011cd93dfc8p-3, -0x1.70a57cd4ce8cfp-3,
    0x1.48b5b5a3b4447p-3, -0x1.3195de836fa27p-3, 0x1.1c431e32964a9p-3, -0x1.a1f7426170382p-4,
    0x1.37301b25a9943p-5};
/// p with 2^r = p(r) for |r| <= 1/2: error 2^-34.5.
inline constexpr double exp2_power[] = {
    0x1.ffffffffab32bp-1, 0x1.62e42ff1214f1p-1,  0x1.ebfbe0a5a857ep-3,  0x1.c6b08a9cd1c58p-5,
    0x1.3b29db73e4341p-7, 0x1.5d8a803e49204p-10, 0x1.446ac87dc9812p-13, 0x1.fe0824d79be70p-17};
/// p with log(1 + f) = f - f^2 / 2 + f^3 p(f) for |f| < 0.034: error of p 2^-55.
inline constexpr double log_tail_near_1[] = {
    0x1.5555555555555p-2,  -0x1.fffffffffffa0p-3, 0x1.999999999ac6fp-3,
    -0x1.55555556f3c0bp-3, 0x1.2492491b6d060p-3,  -0x1.ffffd2c4ac21cp-4,
    0x1.c71c92a3103a7p-4,  -0x1.9a73eae0bf934p-4, 0x1.74cc049e4169dp-4};

/// Column n mod 16 for mantissas near 1 + n / 20, n from -5 to 10: a reciprocal of twelve bits and
/// minus its logarithm, of which the high part is a multiple of 2^-42.
inline constexpr double pow_reciprocal[16] = {
    0x1.000000p+0, 0x1.e7a000p-1, 0x1.d18000p-1, 0x1.bd4000p-1, 0x1.aaa000p-1, 0x1.99a000p-1,
    0x1.89e000p-1, 0x1.7b4000p-1, 0x1.6dc000p-1, 0x1.612000p-1, 0x1.556000p-1, 0x1.556000p+0,
    0x1.400000p+0, 0x1.2d2000p+0, 0x1.1c8000p+0, 0x1.0d8000p+0};
inline constexpr double pow_log_high[16] = {0x0.0p+0,
                                            0x1.8f96ca5fd0000p-5,
                                            0x1.85fd927508000p-4,
                                            0x1.1e151c5392000p-3,
                                            0x1.759834f556000p-3,
                                            0x1.c8df7cb9a8000p-3,
                                            0x1.0c9604b8fc000p-2,
                                            0x1.335504b356000p-2,
                                            0x1.5872944984000p-2,
                                            0x1.7c6b284d0d000p-2,
                                            0x1.9f123f4bf7000p-2,
                                            -0x1.26b6209350000p-2,
                                            -0x1.c8ff7c79aa000p-3,
                                            -0x1.4c7d1de9fa000p-3,
                                            -0x1.b05b49bee4000p-4,
                                            -0x1.a4fe9ffa40000p-5};
inline constexpr double pow_log_low[16] = {0x0.0p+0,
                                           0x1.40abaed1977abp-47,
                                           -0x1.5b81819970c1cp-44,
                                           -0x1.c68282a1c9fc9p-46,
                                           0x1.7fb931f5990d9p-45,
                                           0x1.eee42f58e1e6ep-44,
                                           0x1.47e4fde564c6fp-44,
                                           -0x1.72206ec6206dbp-44,
                                           -0x1.48039c96d7695p-45,
                                           -0x1.d3b7faa6a6d92p-47,
                                           -0x1.2edbfd41b7fc2p-45,
                                           -0x1.8f08bb3f17379p-44,
                                           0x1.7794f689f8434p-45,
                                           0x1.68d1f92de068dp-44,
                                           -0x1.ff22c18f84a5ep-47,
                                           0x1.6e584a0402925p-44};

/// x^y from |x|^y: sign, domain, and the arguments that give 1 whatever the other is.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V finish_pow(E &e, V x, V y, V magnitude) {
  using F = Format<E, V>;
  auto one = constant<V>(e, 1.0);
  auto infinity = constant<V>(e, F::infinity);
  auto whole = e.trunc(y);
  auto is_whole = e.eq(whole, y);
  auto half = e.mul(y, constant<V>(e, 0.5));
  auto whole_half = e.trunc(half);
  auto half_is_broken = e.ne(whole_half, half);
  auto is_odd = e.bit_and(is_whole, half_is_broken);
  auto signed_magnitude = copy_sign(e, magnitude, x);
  auto power = e.select(is_odd, signed_magnitude, magnitude);

  auto is_below = e.lt(x, constant<V>(e, 0.0));
  auto is_finite = e.lt(constant<V>(e, -F::infinity), x);
  auto is_broken = e.bit_not(is_whole);
  auto is_negative = e.bit_and(is_below, is_finite);
  auto outside = e.bit_and(is_negative, is_broken);
  auto in_domain = e.select(outside, constant<V>(e, F::nan), power);

  auto zeroth = e.eq(y, constant<V>(e, 0.0));
  auto of_one = e.eq(x, one);
  auto x_magnitude = e.abs(x);
  auto y_magnitude = e.abs(y);
  auto unit = e.eq(x_magnitude, one);
  auto endless = e.eq(y_magnitude, infinity);
  auto unit_endless = e.bit_and(unit, endless);
  auto always = e.bit_or(zeroth, of_one);
  auto gives_one = e.bit_or(always, unit_endless);
  return e.select(gives_one, one, in_domain);
}

/// x to the power y with the special cases of IEEE 754; the one rounding is to f32.
template <class E> TRACEJIT_EMIT typename E::F32 pow(E &e, typename E::F32 x, typename E::F32 y) {
  using D = typename E::F64;
  auto magnitude = e.abs(x);
  auto [mantissa32, exponent32] = e.split(magnitude);
  auto from_one = e.sub(mantissa32, e.f32(1.0f)); // exact
  auto f = e.to_f64(from_one);
  auto exponent = e.to_f64(exponent32);
  auto y64 = e.to_f64(y);
  auto f_squared = e.mul(f, f);
  auto tail = polynomial_by_pairs(e, f, f_squared, log2_tail);
  auto log2_x = e.fma(f, tail, exponent);
  auto product = e.mul(y64, log2_x);

  // Bounds beyond which f32 overflows or is zero; NaN stays.
  auto too_large = e.lt(e.f64(130.0), product);
  auto capped = e.select(too_large, e.f64(130.0), product);
  auto too_small = e.lt(capped, e.f64(-152.0));
  auto clamped = e.select(too_small, e.f64(-152.0), capped);
  auto shifted = e.add(clamped, e.f64(0x1.8p52));
  auto n = e.sub(shifted, e.f64(0x1.8p52));
  auto r = e.sub(clamped, n);
  auto r_squared = e.mul(r, r);
  auto power = polynomial_by_pairs(e, r, r_squared, exp2_power);
  auto n_bits = e.to_bits(shifted);
  auto exponent_bits = e.shl(n_bits, 52);
  auto power_bits = e.to_bits(power);
  auto scaled_bits = e.add(power_bits, exponent_bits);
  auto scaled = e.from_bits(scaled_bits);
  // Adding to the bits of a NaN may make a number of it.
  auto is_number = e.eq(product, product);
  D checked = e.select(is_number, scaled, product);
  auto rounded = e.to_f32(checked);
  return finish_pow(e, x, y, rounded);
}

template <class V> struct DoubleDouble {
  V high, low;
};

/// log x of x > 0 as the sum of two doubles, to about 2^-64 of it.
template <class E, class V = typename E::F64>
TRACEJIT_EMIT DoubleDouble<V> log_double_double(E &e, V x) {
  auto [mantissa, exponent] = e.split(x);
  auto from_one = e.sub(mantissa, e.f64(1.0));
  auto column = e.fma(from_one, e.f64(20.0), e.f64(0x1.8p52));
  auto column_bits = e.to_bits(column);
  auto index = e.bit_and(column_bits, e.i64(15));
  auto reciprocal = e.lookup(index, pow_reciprocal);
  auto table_high = e.lookup(index, pow_log_high);
  auto table_low = e.lookup(index, pow_log_low);

  // mantissa * reciprocal = 1 + f + f_low
  auto product = e.mul(mantissa, reciprocal);
  auto minus_product = e.neg(product);
  auto f_low = e.fma(mantissa, reciprocal, minus_product);
  auto f = e.sub(product, e.f64(1.0));
  // log(1 + f) = f - f^2 / 2 + f^3 p(f), the first two terms with their rounding errors
  auto square = e.mul(f, f);
  auto tail = polynomial_by_pairs(e, f, square, log_tail_near_1);
  auto minus_square = e.neg(square);
  auto square_low = e.fma(f, f, minus_square);
  auto half_square = e.mul(square, e.f64(0.5));
  auto series_high = e.sub(f, half_square);
  auto taken = e.sub(f, series_high);
  auto series_low = e.sub(taken, half_square);
  auto cube = e.mul(square, f);
  auto half_square_low = e.mul(square_low, e.f64(0.5));
  // f_low enters as f_low (1 - f + f^2), the derivative of the logarithm.
  auto weight = e.sub(f, square);
  auto cross = e.fma(weight, f_low, half_square_low);
  auto f_low_less_cross = e.sub(f_low, cross);
  auto small = e.add(series_low, f_low_less_cross);
  auto series_tail = e.fma(cube, tail, small);

  // exponent * ln 2 + table, the high parts exactly
  auto base = e.fma(exponent, e.f64(Ln2<E, V>::high), table_high);
  auto base_low = e.fma(exponent, e.f64(Ln2<E, V>::low), table_low);
  auto high = e.add(base, series_high);
  auto kept = e.sub(high, base);
  auto lost = e.sub(series_high, kept);
  auto rest = e.add(lost, base_low);
  auto low = e.add(rest, series_tail);
  auto sum = e.add(high, low);
  auto sum_kept = e.sub(sum, high);
  auto sum_lost = e.sub(low, sum_kept);
  return {sum, sum_lost};
}

/// e^(high + low), |low| tiny; low is ignored where high is out of range.
template <class E, class V = typename E::F64>
TRACEJIT_EMIT V exp_double_double(E &e, V high, V low) {
  auto too_large = e.lt(e.f64(709.9), high);
  auto capped = e.select(too_large, e.f64(709.9), high);
  auto too_small = e.lt(capped, e.f64(-745.2));
  auto clamped = e.select(too_small, e.f64(-745.2), capped);
  auto is_out = e.ne(clamped, high);
  auto used_low = e.select(is_out, e.f64(0.0), low);

  auto shift = e.f64(Format<E, V>::ldexp_shift);
  auto shifted = e.fma(clamped, e.f64(Ln2<E, V>::inverse), shift);
  auto n = e.sub(shifted, shift);
  auto r_high = e.fma(n, e.f64(-Ln2<E, V>::high), clamped);
  auto r_low = e.fma(n, e.f64(-Ln2<E, V>::low), used_low);
  auto r = e.add(r_high, r_low);
  auto kept = e.sub(r_high, r);
  auto r_rest = e.add(kept, r_low);
  auto square = e.mul(r, r);
  auto tail = exp_tail(e, r, square);
  auto rest = e.fma(r_rest, r, r_rest);
  auto beyond_r = e.fma(square, tail, rest);
  auto power_minus_1 = e.add(r, beyond_r);
  auto power = e.add(power_minus_1, e.f64(1.0));
  return e.ldexp(power, shifted);
}

/// x to the power y with the special cases of IEEE 754.
template <class E> TRACEJIT_EMIT typename E::F64 pow(E &e, typename E::F64 x, typename E::F64 y) {
  auto zero_x = e.f64(0.0);
  auto infinity = e.f64(std::numeric_limits<double>::infinity());
  auto magnitude = e.abs(x);
  auto log_x = log_double_double(e, magnitude);
  auto high = e.mul(y, log_x.high);
  auto minus_high = e.neg(high);
  auto product_low = e.fma(y, log_x.high, minus_high);
  auto low = e.fma(y, log_x.low, product_low);
  auto power = exp_double_double(e, high, low);

  // Zero and infinity have no finite logarithm: 0^y with y < 0 and inf^y with y > 0 are infinite.
  auto is_zero = e.eq(magnitude, zero_x);
  auto is_infinite = e.eq(magnitude, infinity);
  auto falls = e.lt(y, zero_x);
  auto rises = e.lt(zero_x, y);
  auto of_zero = e.select(falls, infinity, zero_x);
  auto of_infinity = e.select(rises, infinity, zero_x);
  auto not_zero = e.select(is_infinite, of_infinity, power);
  auto of_number = e.select(is_zero, of_zero, not_zero);
  auto is_number = e.eq(y, y);
  auto checked = e.select(is_number, of_number, y);
  return finish_pow(e, x, y, checked);
}

} // namespace jit::scalar
