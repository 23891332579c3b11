// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// erf, erfc and gelu of f32 and f64. Coefficients: own minimax fits, rounded one after the other
// with the rest refitted.
#pragma once

#include "runtime/scalar/Expm1.h"

namespace jit::scalar {

/// erf(17/32 i + t) for |t| <= 17/64: one row per power of t, one column per i; column 0 is
/// erf(t) - t for t >= 0. Error 2^-27.8 in column 0, elsewhere the rounding of the first row.
inline constexpr double erf_width_f32 = 17.0 / 32.0;
inline constexpr float erf_table_f32[7][8] = {
    {0x0.0p+0f, 0x1.1855a6p-1f, 0x1.bbef1p-1f, 0x1.f39bc2p-1f, 0x1.fea422p-1f, 0x1.ffe96ap-1f,
     0x1.ffff24p-1f, 0x1.fffffcp-1f},
    {0x1.06eba8p-3f, 0x1.b3ab08p-1f, 0x1.75a93ep-2f, 0x1.6c7e12p-4f, 0x1.94613ep-7f,
     0x1.fe47b2p-11f, 0x1.6e4254p-15f, 0x1.2b2b3p-20f},
    {-0x1.8008dp-21f, -0x1.cee592p-2f, -0x1.8d044ap-2f, -0x1.22739p-3f, -0x1.adb6acp-6f,
     -0x1.525f1ep-9f, -0x1.205fa2p-13f, -0x1.658252p-17f},
    {-0x1.811c7cp-2f, -0x1.fa2818p-4f, 0x1.393652p-3f, 0x1.efd896p-4f, 0x1.0ebc3ep-5f,
     0x1.167f5ep-8f, 0x1.2564ccp-12f, 0x1.47e4e4p-17f},
    {-0x1.822dfap-11f, 0x1.77b63cp-3f, 0x1.89c314p-5f, -0x1.937c7ap-5f, -0x1.add97ep-6f,
     -0x1.42a9dp-8f, -0x1.e4f06ap-12f, 0x1.e0c7fcp-13f},
    {0x1.e58fa8p-4f, -0x1.f7281ep-11f, -0x1.08fc0ep-4f, -0x1.788fdcp-8f, 0x1.90a68ep-7f,
     0x1.ffe08ap-9f, 0x1.e0a71cp-12f, 0x1.a611f4p-16f},
    {-0x1.49e3c8p-6f, -0x1.845aap-5f, 0x1.2db91ap-7f, 0x1.0e6b86p-6f, -0x1.7b1dd4p-9f,
     -0x1.a94beap-11f, 0x1.ccc3aep-13f, -0x1.342cap-9f},
};

/// p with erf a = a + a p(a^2) for 0 <= a < 1.25: error 2^-56.
inline constexpr double erf_tail_f64[] = {
    0x1.06eba8214db69p-3,  -0x1.812746b037a14p-2,  0x1.ce2f21a0443afp-4,  -0x1.b82ce312d7a7cp-6,
    0x1.565bcd16ea481p-8,  -0x1.c02db51583d49p-11, 0x1.f9a33d66fda59p-14, -0x1.f4d38d93db652p-17,
    0x1.b9f188956dcf8p-20, -0x1.5fb2409ebb18cp-23, 0x1.fe5b14332c8e8p-27, -0x1.53114c7a38147p-30,
    0x1.87fcb2442fd14p-34, -0x1.27eb2d6ef12afp-38};
/// p with erf a = 1 - p(a - 3)^8 for 1.2 <= a <= 5.94: error 2^-56.3.
inline constexpr double erf_root_f64[] = {
    0x1.0c1e27f35c12dp-2,   -0x1.a68981e28869fp-3, 0x1.9932b57f2a63bp-5,   0x1.9610da4363ff4p-9,
    -0x1.bf28cd001f5e5p-9,  0x1.556ccdbcb2637p-12, 0x1.b51fec952ad20p-14,  -0x1.8a20ddba6e8a3p-16,
    -0x1.d2020cea8a7dep-21, 0x1.773246e04c7a4p-21, -0x1.0018b60288728p-25, -0x1.d112d6ccc26aep-27,
    0x1.774981e603efep-30,  0x1.ddebf0ab4ab98p-33, -0x1.3ee0b068f01ccp-35, -0x1.39a22efc1d93ap-40,
    -0x1.015d562154addp-41, -0x1.78d96477d540ap-43};

/// The smaller of |x| and the bound. NaN stays.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V clamped_magnitude(E &e, V x, double bound) {
  auto limit = constant<V>(e, bound);
  auto magnitude = e.abs(x);
  auto beyond = e.lt(limit, magnitude);
  return e.select(beyond, limit, magnitude);
}

/// The error function: eight intervals of |x|, whose coefficients a permutation of a register
/// fetches. Column 0 starts with t instead of row 0, so that its coefficient erf'(0) - 1 is small.
template <class E> TRACEJIT_EMIT typename E::F32 erf(E &e, typename E::F32 x) {
  auto a = clamped_magnitude(e, x, 3.94); // whose erf, as computed here, is 1
  auto shift = e.f32(Format<E, typename E::F32>::round_shift);
  auto shifted = e.fma(a, e.f32(1 / erf_width_f32), shift);
  auto interval = e.sub(shifted, shift);
  auto t = e.fma(interval, e.f32(-erf_width_f32), a);
  // Any index will do for NaN.
  auto shifted_bits = e.to_bits(shifted);
  auto index = e.bit_and(shifted_bits, e.i32(7));
  auto sum = e.lookup(index, erf_table_f32[6]);
  for (int power = 5; power >= 1; --power) {
    auto coefficient = e.lookup(index, erf_table_f32[power]);
    sum = e.fma(sum, t, coefficient);
  }
  auto constant_term = e.lookup(index, erf_table_f32[0]);
  auto is_first = e.eq(interval, e.f32(0.0f));
  auto start = e.select(is_first, t, constant_term);
  auto result = e.fma(sum, t, start);
  return copy_sign(e, result, x);
}

/// The error function of a in [0, 5.94] or NaN: a polynomial below 1.25, one minus a power of
/// another beyond. AVX2 has no permutation that would fetch coefficients of f64.
template <class E> TRACEJIT_EMIT typename E::F64 erf_of_magnitude(E &e, typename E::F64 a) {
  auto a_squared = e.mul(a, a);
  auto a_quartic = e.mul(a_squared, a_squared);
  auto tail = polynomial_rounded_once(e, a_squared, a_quartic, erf_tail_f64);
  auto small = e.fma(a, tail, a);
  auto t = e.sub(a, e.f64(3.0));
  auto t_squared = e.mul(t, t);
  auto eighth_root = polynomial_by_pairs(e, t, t_squared, erf_root_f64);
  auto fourth_root = e.mul(eighth_root, eighth_root);
  auto root = e.mul(fourth_root, fourth_root);
  auto minus_root = e.neg(root);
  auto large = e.fma(minus_root, root, e.f64(1.0));
  auto is_large = e.le(e.f64(1.25), a);
  return e.select(is_large, large, small);
}

/// The error function.
template <class E> TRACEJIT_EMIT typename E::F64 erf(E &e, typename E::F64 x) {
  auto a = clamped_magnitude(e, x, 5.94); // whose erf, as computed here, is 1
  auto result = erf_of_magnitude(e, a);
  return copy_sign(e, result, x);
}

/// e^(a^2) erfc a for a in [0, 1/2), [1/2, 1), [1, 2), [2, 3), [3, 5), [5, 7) and [7, 10.3],
/// columns 6, 7 and 0 to 4: the centres, near which the function is a number of the format, and one
/// row per power of the distance from them. Error 2^-27.2.
inline constexpr float erfc_center_f32[8] = {0x1.80bp+0f, 0x1.3ecp+1f, 0x1.0088p+2f, 0x1.7f6p+2f,
                                             0x1.14cp+3f, 0x0p+0f,     0x1.ff4p-3f,  0x1.7d1p-1f};
inline constexpr float erfc_table_f32[9][8] = {
    {0x1.48daa4p-2f, 0x1.b13928p-3f, 0x1.180682p-3f, 0x1.7c9dbep-4f, 0x1.097484p-4f, 0x0p+0f,
     0x1.8a8e8cp-1f, 0x1.04a30cp-1f},
    {-0x1.4e4376p-3f, -0x1.3287fcp-4f, -0x1.0845eep-5f, -0x1.ef0be8p-7f, -0x1.e4bf4cp-8f, 0x0p+0f,
     -0x1.7cbd9ep-1f, -0x1.7b87eep-2f},
    {0x1.36d492p-4f, 0x1.9c72bap-6f, 0x1.e68554p-8f, 0x1.3df084p-9f, 0x1.b7ce14p-11f, 0x0p+0f,
     0x1.2b82d4p-1f, 0x1.dd9b2ap-3f},
    {-0x1.0c9976p-5f, -0x1.096098p-7f, -0x1.b58696p-10f, -0x1.937d9cp-12f, -0x1.8c90f6p-14f,
     0x0p+0f, -0x1.97f6f2p-2f, -0x1.0d10b4p-3f},
    {0x1.b41786p-7f, 0x1.481784p-9f, 0x1.80e8c4p-12f, 0x1.fa1a2ap-15f, 0x1.635c9ep-17f, 0x0p+0f,
     0x1.f130aap-3f, 0x1.1559acp-4f},
    {-0x1.4ec992p-8f, -0x1.86eadp-11f, -0x1.4a721p-14f, -0x1.398ddcp-17f, -0x1.3bd3ccp-20f, 0x0p+0f,
     -0x1.149c7ep-3f, -0x1.0950c6p-5f},
    {0x1.eab952p-10f, 0x1.c33a96p-13f, 0x1.16e8fep-16f, 0x1.81889p-20f, 0x1.18e86p-23f, 0x0p+0f,
     0x1.1cd5fcp-4f, 0x1.dc691ep-7f},
    {-0x1.6dc1e4p-11f, -0x1.068358p-14f, -0x1.0014f8p-18f, -0x1.ec2aacp-23f, -0x1.0bd4c8p-26f,
     0x0p+0f, -0x1.1c2ec4p-5f, -0x1.9cc9e4p-8f},
    {0x1.ea0dfep-13f, 0x1.1562d6p-16f, 0x1.a86e18p-21f, 0x1.18570cp-25f, 0x1.b7ec5ap-30f, 0x0p+0f,
     0x1.1212cep-6f, 0x1.44905p-9f},
};
/// p with erfc a = e^(-a^2) (q + w p(1 - w)) / (a + c), w = 8 / (a + c) and q = 1 / sqrt(pi) the
/// limit for large a, for 0.8 <= a <= 27.4: error 2^-56.86. c is chosen so that p(0) is nearly a
/// number of the format.
inline constexpr double erfc_offset_f64 = 0x1.0632p+2;
inline constexpr double erfc_limit_f64 = 0x1.20dd750429b6dp-1;
inline constexpr double erfc_slope_f64[] = {
    0x1.1d6aedd77a445p-1,   -0x1.f4cb2f2bdbb6ep-2,  0x1.84b2e4bb55e2dp-2,  -0x1.08f9be2dcfe4bp-2,
    0x1.394eee736424dp-3,   -0x1.3a5f564463454p-4,  0x1.011e249784d7dp-5,  -0x1.394cd7bc30fa7p-7,
    0x1.9bfc1b76d4556p-10,  0x1.1876db01da02cp-12,  -0x1.0e59b9715b6cp-12, 0x1.cd35b6192c26dp-15,
    0x1.d0a3c5228885fp-17,  -0x1.57f0e248bf775p-17, 0x1.1aa5febb804edp-21, 0x1.508e7bba6ac63p-20,
    -0x1.258bdcdcdd923p-22, -0x1.0a3ecd9f40bf7p-23, 0x1.72ee53d86ee91p-25, 0x1.2cbcb1d1150d4p-28};

/// e^(-a^2) = 2^n (1 + rest + lost), `shifted` n as ldexp takes it. The square is kept in two
/// parts.
template <class V> struct FallingPower {
  V shifted, rest, lost;
};
template <class E, FloatOf<E> V> TRACEJIT_EMIT FallingPower<V> exp_minus_square(E &e, V a) {
  auto minus_a = e.neg(a);
  auto minus_square = e.mul(minus_a, a);
  auto square = e.neg(minus_square);
  auto square_lost = e.fma(minus_a, a, square);
  auto reduced = reduce_by_ln2(e, minus_square, Format<E, V>::ldexp_shift);
  auto low = e.add(reduced.low, square_lost);
  auto r = e.add(reduced.high, low);
  auto r_squared = e.mul(r, r);
  auto tail = exp_tail(e, r, r_squared);
  auto beyond_r = e.fma(r_squared, tail, low);
  auto rest = e.add(reduced.high, beyond_r);
  auto kept = e.sub(rest, reduced.high);
  auto lost = e.sub(beyond_r, kept);
  return {reduced.shifted, rest, lost};
}

/// erfc of a in [0, 10.3] or NaN: the power times a function that falls slowly.
template <class E> TRACEJIT_EMIT typename E::F32 erfc_of_magnitude(E &e, typename E::F32 a) {
  auto power = exp_minus_square(e, a);
  // Exponent and first digit of a + 1 tell the column. Any will do for NaN.
  auto sum = e.add(a, e.f32(1.0f));
  auto sum_bits = e.to_bits(sum);
  auto column = e.lshr(sum_bits, 22);
  auto index = e.bit_and(column, e.i32(7));
  auto center = e.lookup(index, erfc_center_f32);
  auto t = e.sub(a, center);
  auto scaled = e.lookup(index, erfc_table_f32[8]);
  for (int i = 7; i >= 0; --i) {
    auto coefficient = e.lookup(index, erfc_table_f32[i]);
    scaled = e.fma(scaled, t, coefficient);
  }
  auto mantissa = e.fma(scaled, power.rest, scaled);
  return e.ldexp(mantissa, power.shifted);
}

/// erfc of a in [0, 27.4] or NaN: below 13/16 what erf lacks, beyond as in f32 with a polynomial in
/// the reciprocal of a + c. What that and the sum lack is added where it matters.
template <class E> TRACEJIT_EMIT typename E::F64 erfc_of_magnitude(E &e, typename E::F64 a) {
  auto one = e.f64(1.0);
  auto a_squared = e.mul(a, a);
  auto a_quartic = e.mul(a_squared, a_squared);
  auto tail = polynomial_rounded_once(e, a_squared, a_quartic, erf_tail_f64);
  auto leading = e.sub(one, a);
  auto kept = e.sub(one, leading);
  auto leading_lost = e.sub(kept, a);
  auto minus_a = e.neg(a);
  auto beyond_leading = e.fma(minus_a, tail, leading_lost);
  auto small = e.add(leading, beyond_leading);

  auto denominator = e.add(a, e.f64(erfc_offset_f64));
  auto denominator_kept = e.sub(denominator, e.f64(erfc_offset_f64));
  auto denominator_lost = e.sub(a, denominator_kept);
  auto reciprocal = e.div(one, denominator);
  auto minus_reciprocal = e.neg(reciprocal);
  auto remainder = e.fma(minus_reciprocal, denominator, one);
  auto lacking = e.fma(minus_reciprocal, denominator_lost, remainder);
  auto w = e.mul(reciprocal, e.f64(8.0));
  auto minus_w = e.neg(w);
  auto rounded_u = e.sub(one, w);
  auto u = e.fma(minus_w, lacking, rounded_u);
  auto u_squared = e.mul(u, u);
  auto slope_start = e.f64(erfc_slope_f64[0]);
  auto beyond_start = polynomial_by_pairs<1>(e, u, u_squared, erfc_slope_f64);
  auto slope = e.fma(u, beyond_start, slope_start);
  auto slope_taken = e.sub(slope_start, slope);
  auto slope_lost = e.fma(u, beyond_start, slope_taken);
  auto beyond_limit = e.mul(w, slope);
  auto minus_beyond = e.neg(beyond_limit);
  auto product_lost = e.fma(w, slope, minus_beyond);
  auto slope_and_product_lost = e.fma(w, slope_lost, product_lost);
  auto beyond_lost = e.fma(beyond_limit, lacking, slope_and_product_lost);
  auto limit = e.f64(erfc_limit_f64);
  auto scaled = e.add(beyond_limit, limit);
  auto beyond_kept = e.sub(scaled, limit);
  auto limit_kept = e.sub(scaled, beyond_kept);
  auto limit_taken = e.sub(limit, limit_kept);
  auto beyond_taken = e.sub(beyond_limit, beyond_kept);
  auto sum_lost = e.add(limit_taken, beyond_taken);
  auto scaled_lost = e.add(sum_lost, beyond_lost);

  auto power = exp_minus_square(e, a);
  auto weighted = e.fma(power.rest, lacking, lacking);
  auto factor_lost = e.add(weighted, power.lost);
  auto product = e.mul(scaled, reciprocal);
  auto minus_product = e.neg(product);
  auto scaled_product_lost = e.fma(scaled, reciprocal, minus_product);
  auto all_lost = e.fma(scaled_lost, reciprocal, scaled_product_lost);
  auto small_rest = e.fma(product, factor_lost, all_lost);
  auto rest = e.fma(product, power.rest, small_rest);
  auto mantissa = e.add(product, rest);
  auto large = e.ldexp(mantissa, power.shifted);
  auto is_small = e.lt(a, e.f64(0.8125));
  return e.select(is_small, small, large);
}

/// 1 - erf x with its own digits where erf x is near 1.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V erfc(E &e, V x) {
  auto a = clamped_magnitude(e, x, Format<E, V>::is_f32 ? 10.3 : 27.4); // whose erfc is 0
  auto right = erfc_of_magnitude(e, a);
  auto left = e.sub(constant<V>(e, 2.0), right);
  auto is_left = e.lt(x, constant<V>(e, 0.0));
  return e.select(is_left, left, right);
}

/// q with erfc(c / sqrt 2) = q(c)^3 for 0 <= c <= 6; q(6) < 0.
inline constexpr float gelu_root_f32[] = {0x1p+0f,          -0x1.105832p-2f, -0x1.21bc14p-4f,
                                          0x1.a90468p-7f,   0x1.c53172p-8f,  -0x1.94176cp-11f,
                                          -0x1.919d76p-12f, 0x1.08466p-19f,  0x1.5b6858p-15f,
                                          -0x1.52299ep-17f, 0x1.0be862p-20f, -0x1.434d82p-25f};

/// x (1 + erf(x / sqrt 2)) / 2 as max(x, 0) - (c / 2) erfc(c / sqrt 2), c = |x|, with an erfc that
/// is exactly 0 from some c on. The error is relative to |x|: the result is tiny for x << 0.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V gelu(E &e, V x) {
  constexpr bool is_f32 = Format<E, V>::is_f32;
  auto zero = constant<V>(e, 0.0);
  auto c = clamped_magnitude(e, x, is_f32 ? 6.0 : 8.4);
  auto below = e.lt(x, zero);
  auto positive_part = e.select(below, constant<V>(e, -0.0), x);
  auto minus_half = e.mul(c, constant<V>(e, -0.5));
  if constexpr (is_f32) {
    auto c_squared = e.mul(c, c);
    auto root = polynomial_rounded_once(e, c, c_squared, gelu_root_f32);
    auto is_negative = e.lt(root, zero);
    auto q = e.select(is_negative, zero, root);
    auto once = e.mul(minus_half, q);
    auto twice = e.mul(q, q);
    return e.fma(once, twice, positive_part);
  } else {
    auto scaled = e.mul(c, constant<V>(e, 0x1.6a09e667f3bcdp-1));
    auto error_function = erf_of_magnitude(e, scaled);
    auto complement = e.sub(constant<V>(e, 1.0), error_function);
    return e.fma(minus_half, complement, positive_part);
  }
}

} // namespace jit::scalar
