// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// atan, atan2, asin and acos of f32 and f64. Coefficients: own minimax fits.
#pragma once

#include "runtime/scalar/Trig.h"

namespace jit::scalar {

/// p with atan z = z + z^3 p(z^2) for 0 <= z <= 1: error 2^-28.2 in f32, 2^-57.4 in f64.
inline constexpr float atan_tail_f32[] = {-0x1.55553ep-2f, 0x1.9991e2p-3f,  -0x1.242086p-3f,
                                          0x1.c08e3ep-4f,  -0x1.5815bep-4f, 0x1.da6da8p-5f,
                                          -0x1.fe325ep-6f, 0x1.651282p-7f,  -0x1.d548b8p-10f};
inline constexpr double atan_tail_f64[] = {
    -0x1.5555555555526p-2, 0x1.99999999955c3p-3,  -0x1.249249237f97bp-3,  0x1.c71c717fddc8cp-4,
    -0x1.745d11af6385ap-4, 0x1.3b1366a46e5a3p-4,  -0x1.110e5175a18cap-4,  0x1.e1bba9c004a73p-5,
    -0x1.ae5e7f77ab165p-5, 0x1.82daf8fc93203p-5,  -0x1.59a435c5d3a7p-5,   0x1.2c2e7b3c7d86ap-5,
    -0x1.e9f946a157779p-6, 0x1.683a4054d27e1p-6,  -0x1.c787c9c91a1b8p-7,  0x1.d7a8eb1858131p-8,
    -0x1.7a23990a2ddb2p-9, 0x1.b3d3f0e1eb043p-11, -0x1.3f0db4615b0c2p-13, 0x1.bba1356752761p-17};
/// p with asin t = t + t^3 p(t^2) for 0 <= t <= 1/2: error 2^-27.6 in f32, 2^-55.8 in f64.
inline constexpr float asin_tail_f32[] = {0x1.5555c8p-3f, 0x1.3302p-4f, 0x1.747b74p-5f,
                                          0x1.8c48c4p-6f, 0x1.594dbp-5f};
inline constexpr double asin_tail_f64[] = {
    0x1.5555555555392p-3, 0x1.333333336e4b1p-4, 0x1.6db6db429b9cdp-5,  0x1.f1c72c2e938cbp-6,
    0x1.6e89f5302c3d5p-6, 0x1.1c6bd436b49d5p-6, 0x1.c6feba8278939p-7,  0x1.8ebd1422770bcp-7,
    0x1.abfe2783f912ap-8, 0x1.3fd79da82f8a1p-6, -0x1.09aa15d908bfep-6, 0x1.0560cc37f2386p-5};

/// base + atan z, or base - atan z where `turned`; z in [0, 1], base a multiple of pi / 2 in two
/// parts that are given as multiples of the parts of pi / 2.
template <class E, FloatOf<E> V>
TRACEJIT_EMIT V turned_atan(E &e, V z, typename Format<E, V>::Mask turned, V base_high,
                            V base_low) {
  auto minus_z = e.neg(z);
  auto t = e.select(turned, minus_z, z);
  auto z_squared = e.mul(z, z);
  auto z_quartic = e.mul(z_squared, z_squared);
  auto t_cubed = e.mul(z_squared, t);
  V tail = z;
  if constexpr (Format<E, V>::is_f32)
    tail = polynomial_by_pairs(e, z_squared, z_quartic, atan_tail_f32);
  else
    tail = polynomial_by_pairs(e, z_squared, z_quartic, atan_tail_f64);
  auto rest = e.fma(t_cubed, tail, base_low);
  auto angle = e.add(t, rest);
  return e.add(base_high, angle);
}

/// Arc tangent: beyond 1 pi / 2 less that of the reciprocal.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V atan(E &e, V x) {
  using H = HalfPi<E, V>;
  auto one = constant<V>(e, 1.0), zero = constant<V>(e, 0.0);
  auto a = e.abs(x);
  auto is_steep = e.lt(one, a);
  auto numerator = e.select(is_steep, one, a);
  auto denominator = e.select(is_steep, a, one);
  auto z = e.div(numerator, denominator);
  auto base_high = e.select(is_steep, constant<V>(e, H::high), zero);
  auto base_low = e.select(is_steep, constant<V>(e, H::middle), zero);
  auto angle = turned_atan(e, z, is_steep, base_high, base_low);
  return copy_sign(e, angle, x);
}

/// The angle of the point whose ordinate is y and whose abscissa is x, in [-pi, pi], with the
/// special cases of IEEE 754: of two zeros or two infinities signs decide.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V atan2(E &e, V y, V x) {
  using F = Format<E, V>;
  using H = HalfPi<E, V>;
  auto one = constant<V>(e, 1.0), zero = constant<V>(e, 0.0);
  auto a = e.abs(y);
  auto b = e.abs(x);
  auto is_steep = e.lt(b, a);
  auto numerator = e.select(is_steep, b, a);
  auto denominator = e.select(is_steep, a, b);
  auto quotient = e.div(numerator, denominator);
  auto not_zero = e.lt(zero, numerator);
  auto of_equal = e.select(not_zero, one, zero);
  auto is_equal = e.eq(numerator, denominator);
  auto z = e.select(is_equal, of_equal, quotient);

  auto bits = e.to_bits(x);
  auto is_left = e.lt(bits, int_constant<typename F::Int>(e, 0));
  auto is_turned = e.bit_xor(is_steep, is_left);
  auto flat_high = e.select(is_left, constant<V>(e, 2 * H::high), zero);
  auto flat_low = e.select(is_left, constant<V>(e, 2 * H::middle), zero);
  auto base_high = e.select(is_steep, constant<V>(e, H::high), flat_high);
  auto base_low = e.select(is_steep, constant<V>(e, H::middle), flat_low);
  auto angle = turned_atan(e, z, is_turned, base_high, base_low);
  return copy_sign(e, angle, y);
}

/// asin t - t for t in [0, 1/2], t_squared perhaps less rounded than t.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V asin_rest(E &e, V t, V t_squared) {
  auto t_quartic = e.mul(t_squared, t_squared);
  V tail = t;
  if constexpr (Format<E, V>::is_f32)
    tail = polynomial_by_pairs(e, t_squared, t_quartic, asin_tail_f32);
  else
    tail = polynomial_by_pairs(e, t_squared, t_quartic, asin_tail_f64);
  auto t_cubed = e.mul(t, t_squared);
  return e.mul(t_cubed, tail);
}

/// Arc sine; beyond 1/2 by asin a = pi / 2 - 2 asin sqrt((1 - a) / 2). NaN beyond 1.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V asin(E &e, V x) {
  using H = HalfPi<E, V>;
  auto half = constant<V>(e, 0.5), zero = constant<V>(e, 0.0);
  auto a = e.abs(x);
  auto is_large = e.lt(half, a);
  auto half_complement = e.fma(a, constant<V>(e, -0.5), half);
  auto root = e.sqrt(half_complement);
  auto a_squared = e.mul(a, a);
  auto t = e.select(is_large, root, a);
  auto t_squared = e.select(is_large, half_complement, a_squared);
  auto rest = asin_rest(e, t, t_squared);
  auto factor = e.select(is_large, constant<V>(e, -2.0), constant<V>(e, 1.0));
  auto base_high = e.select(is_large, constant<V>(e, H::high), zero);
  auto base_low = e.select(is_large, constant<V>(e, H::middle), zero);
  auto leading = e.fma(factor, t, base_high);
  auto taken = e.sub(base_high, leading);
  auto lost = e.fma(factor, t, taken);
  auto low = e.add(base_low, lost);
  auto beyond = e.fma(factor, rest, low);
  auto angle = e.add(leading, beyond);
  return copy_sign(e, angle, x);
}

/// Arc cosine: 2 asin sqrt((1 - a) / 2) for |x| = a > 1/2, or pi less that. NaN beyond 1.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V acos(E &e, V x) {
  using H = HalfPi<E, V>;
  auto half = constant<V>(e, 0.5), zero = constant<V>(e, 0.0);
  auto a = e.abs(x);
  auto is_large = e.lt(half, a);
  auto is_left = e.lt(x, zero);
  auto half_complement = e.fma(a, constant<V>(e, -0.5), half);
  auto root = e.sqrt(half_complement);
  auto a_squared = e.mul(a, a);
  auto t = e.select(is_large, root, x);
  auto t_squared = e.select(is_large, half_complement, a_squared);
  auto rest = asin_rest(e, t, t_squared);
  auto large_factor = e.select(is_left, constant<V>(e, -2.0), constant<V>(e, 2.0));
  auto large_high = e.select(is_left, constant<V>(e, 2 * H::high), zero);
  auto large_low = e.select(is_left, constant<V>(e, 2 * H::middle), zero);
  auto factor = e.select(is_large, large_factor, constant<V>(e, -1.0));
  auto base_high = e.select(is_large, large_high, constant<V>(e, H::high));
  auto base_low = e.select(is_large, large_low, constant<V>(e, H::middle));
  auto leading = e.fma(factor, t, base_high);
  auto beyond = e.fma(factor, rest, base_low);
  return e.add(leading, beyond);
}

} // namespace jit::scalar
