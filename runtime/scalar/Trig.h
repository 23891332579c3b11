// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// sin, cos and tan of f32 and f64. Numbers of moderate size are reduced here; the others, which are
// rare, in LargeAngle.cpp. Coefficients: own minimax fits.
#pragma once

#include "runtime/scalar/Emitter.h"
#include "runtime/scalar/LargeAngle.h"

namespace jit::scalar {

/// pi / 2 as a sum of three numbers of the format.
template <class E, FloatOf<E> V> struct HalfPi {
  static constexpr bool is_f32 = Format<E, V>::is_f32;
  static constexpr double high = is_f32 ? 0x1.921fb6p+0 : 0x1.921fb54442d18p+0;
  static constexpr double middle = is_f32 ? -0x1.777a5cp-25 : 0x1.1a62633145c07p-54;
  static constexpr double low = is_f32 ? -0x1.ee59dap-50 : -0x1.f1976b7ed8fbcp-110;
  static constexpr double inverse = 0x1.45f306dc9c883p-1;
};

/// p with sin r = r + r^3 p(r^2) and q with cos r = 1 - r^2 / 2 + r^4 q(r^2) for |r| <= pi / 4.
inline constexpr float sin_tail_f32[] = {-0x1.555546p-3f, 0x1.110776p-7f, -0x1.9952dap-13f};
inline constexpr float cos_tail_f32[] = {0x1.55554ep-5f, -0x1.6c0e2cp-10f, 0x1.9a6678p-16f};
inline constexpr double sin_tail_f64[] = {-0x1.555555555554cp-3,  0x1.111111110fbc8p-7,
                                          -0x1.a01a019c6070bp-13, 0x1.71de35adaa03ap-19,
                                          -0x1.ae5e88ccc9334p-26, 0x1.5d9b6a69487e7p-33};
inline constexpr double cos_tail_f64[] = {0x1.5555555555553p-5,  -0x1.6c16c16c15e9ap-10,
                                          0x1.a01a019dc93bcp-16, -0x1.27e4f8ba749f2p-22,
                                          0x1.1eea56b86c49dp-29, -0x1.8fe08788a4368p-37};

/// sin(|x| + quarter_turns * pi / 2), its sign changed where `flip` has the sign bit.
template <class E, FloatOf<E> V>
TRACEJIT_EMIT V sin_turned(E &e, V x, int quarter_turns, typename Format<E, V>::Int flip) {
  using F = Format<E, V>;
  using H = HalfPi<E, V>;
  using Int = typename F::Int;
  auto shift = constant<V>(e, F::round_shift);
  auto magnitude = e.abs(x);
  auto shifted = e.fma(magnitude, constant<V>(e, H::inverse), shift);
  auto n = e.sub(shifted, shift);
  auto without_high = e.fma(n, constant<V>(e, -H::high), magnitude);
  auto without_middle = e.fma(n, constant<V>(e, -H::middle), without_high);
  auto r = e.fma(n, constant<V>(e, -H::low), without_middle);
  auto r_squared = e.mul(r, r);

  V sin_tail = r, cos_tail = r;
  if constexpr (F::is_f32) {
    sin_tail = polynomial(e, r_squared, sin_tail_f32);
    cos_tail = polynomial(e, r_squared, cos_tail_f32);
  } else {
    sin_tail = polynomial(e, r_squared, sin_tail_f64);
    cos_tail = polynomial(e, r_squared, cos_tail_f64);
  }
  auto r_cubed = e.mul(r_squared, r);
  auto sine = e.fma(r_cubed, sin_tail, r);
  auto quartic = e.fma(r_squared, cos_tail, constant<V>(e, -0.5));
  auto cosine = e.fma(r_squared, quartic, constant<V>(e, 1.0));

  auto shifted_bits = e.to_bits(shifted);
  auto turns = e.add(shifted_bits, int_constant<Int>(e, quarter_turns));
  auto odd_bit = e.bit_and(turns, int_constant<Int>(e, 1));
  auto is_even = e.eq(odd_bit, int_constant<Int>(e, 0));
  auto chosen = e.select(is_even, sine, cosine);
  auto half_turn_bit = e.bit_and(turns, int_constant<Int>(e, 2));
  auto sign = e.shl(half_turn_bit, F::is_f32 ? 30 : 62);
  auto chosen_bits = e.to_bits(chosen);
  auto flipped = e.bit_xor(sign, flip);
  auto signed_bits = e.bit_xor(chosen_bits, flipped);
  return e.from_bits(signed_bits);
}

/// sin(r + r_low), or cos(r + r_low) where not even, for |r| <= pi / 4.
template <class E>
TRACEJIT_EMIT typename E::F64 sin_reduced(E &e, typename E::F64 r, typename E::F64 r_low,
                                          typename E::M64 is_even) {
  auto r_squared = e.mul(r, r);
  auto half = e.mul(e.f64(0.5), r_squared);

  auto sin_tail = polynomial(e, r_squared, sin_tail_f64);
  auto r_cubed = e.mul(r_squared, r);
  auto minus_half = e.neg(half);
  auto weighted_low = e.fma(minus_half, r_low, r_low);
  auto beyond_r = e.fma(r_cubed, sin_tail, weighted_low);
  auto sine = e.add(r, beyond_r);

  auto whole = e.sub(e.f64(1.0), half);
  auto taken = e.sub(e.f64(1.0), whole);
  auto lost = e.sub(taken, half);
  auto cos_tail = polynomial(e, r_squared, cos_tail_f64);
  auto r_quartic = e.mul(r_squared, r_squared);
  auto slope = e.mul(r, r_low);
  auto low = e.sub(lost, slope);
  auto beyond_whole = e.fma(r_quartic, cos_tail, low);
  auto cosine = e.add(whole, beyond_whole);
  return e.select(is_even, sine, cosine);
}

/// near(x), but where a lane is large what the function outside makes of x.
template <class E, FloatOf<E> V, class Near>
TRACEJIT_EMIT V by_size(E &e, V x, Outside<typename Format<E, V>::Element> outside, Near near) {
  auto magnitude = e.abs(x);
  auto is_large = e.lt(constant<V>(e, largest_angle), magnitude);
  return e.rarely(is_large, x, outside, near);
}

template <class E, FloatOf<E> V> TRACEJIT_EMIT V near_sin(E &e, V x) {
  auto bits = e.to_bits(x);
  auto sign = e.bit_and(bits, sign_bit<E, V>(e));
  return sin_turned(e, x, 0, sign);
}
template <class E, FloatOf<E> V> TRACEJIT_EMIT V near_cos(E &e, V x) {
  return sin_turned(e, x, 1, int_constant<typename Format<E, V>::Int>(e, 0));
}

/// Sine; within 2 ulp. Infinity gives NaN.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V sin(E &e, V x) {
  return by_size(e, x, {"sin", sin_outside},
                 [&]() __attribute__((always_inline)) { return near_sin(e, x); });
}
/// Cosine; as sin.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V cos(E &e, V x) {
  return by_size(e, x, {"cos", cos_outside},
                 [&]() __attribute__((always_inline)) { return near_cos(e, x); });
}

/// p with tan r = r + r^3 p(r^2) for |r| <= pi / 4: error 2^-29.5 in f32, 2^-55.8 in f64.
inline constexpr float tan_tail_f32[] = {0x1.55556p-2f,  0x1.110dap-3f,  0x1.bad944p-5f,
                                         0x1.5cc68ep-6f, 0x1.62abfap-7f, 0x1.b01aacp-14f,
                                         0x1.1e6aap-8f};
inline constexpr double tan_tail_f64[] = {
    0x1.55555555554f2p-2,   0x1.11111111182e4p-3,  0x1.ba1ba1b469ec8p-5,   0x1.664f49a8d030ep-6,
    0x1.226e124d6335p-7,    0x1.d6d935cb7f11bp-9,  0x1.7d5b40f27c459p-10,  0x1.37fb85fbd5032p-11,
    0x1.d26468f42a25bp-13,  0x1.1e4438ce1b8fcp-13, -0x1.ba3d3625d168cp-16, 0x1.771bdfad0188dp-14,
    -0x1.7862df9490929p-15, 0x1.5e0198a540c73p-16};

/// The tangent of r + r_low, or what it is a quarter of a turn further. r is in two parts, since
/// the reciprocal in odd quarters doubles the weight of an error; that division is corrected by its
/// remainder.
template <class E, FloatOf<E> V>
TRACEJIT_EMIT V tan_reduced(E &e, V r, V r_low, typename Format<E, V>::Mask is_even) {
  using F = Format<E, V>;
  auto r_squared = e.mul(r, r);
  auto r_quartic = e.mul(r_squared, r_squared);
  V tail = r;
  if constexpr (F::is_f32)
    tail = polynomial_by_pairs(e, r_squared, r_quartic, tan_tail_f32);
  else
    tail = polynomial_by_pairs(e, r_squared, r_quartic, tan_tail_f64);
  auto r_cubed = e.mul(r_squared, r);
  auto weighted_low = e.fma(r_low, r_squared, r_low);
  auto beyond_r = e.fma(r_cubed, tail, weighted_low);
  auto tangent = e.add(r, beyond_r);
  auto taken = e.sub(r, tangent);
  auto lost = e.add(taken, beyond_r);

  // -1 / (tangent + lost)
  auto quotient = e.div(constant<V>(e, -1.0), tangent);
  auto remainder = e.fma(quotient, tangent, constant<V>(e, 1.0));
  auto correction = e.fma(quotient, lost, remainder);
  auto reciprocal = e.fma(quotient, correction, quotient);

  return e.select(is_even, tangent, reciprocal);
}

template <class E, FloatOf<E> V> TRACEJIT_EMIT V near_tan(E &e, V x) {
  using F = Format<E, V>;
  using H = HalfPi<E, V>;
  using Int = typename F::Int;
  auto shift = constant<V>(e, F::round_shift);
  auto magnitude = e.abs(x);
  auto shifted = e.fma(magnitude, constant<V>(e, H::inverse), shift);
  auto n = e.sub(shifted, shift);
  auto minus_middle = constant<V>(e, -H::middle);
  auto without_high = e.fma(n, constant<V>(e, -H::high), magnitude);
  auto middle = e.mul(n, minus_middle);
  auto middle_taken = e.neg(middle);
  auto middle_lost = e.fma(n, minus_middle, middle_taken);
  auto r = e.add(without_high, middle);
  auto r_kept = e.sub(r, without_high);
  auto r_lost = e.sub(middle, r_kept);
  auto low = e.fma(n, constant<V>(e, -H::low), middle_lost);
  auto r_low = e.add(r_lost, low);
  auto shifted_bits = e.to_bits(shifted);
  auto odd_bit = e.bit_and(shifted_bits, int_constant<Int>(e, 1));
  auto is_even = e.eq(odd_bit, int_constant<Int>(e, 0));
  auto chosen = tan_reduced(e, r, r_low, is_even);
  auto bits = e.to_bits(x);
  auto sign = e.bit_and(bits, sign_bit<E, V>(e));
  auto chosen_bits = e.to_bits(chosen);
  auto signed_bits = e.bit_xor(chosen_bits, sign);
  return e.from_bits(signed_bits);
}

/// Tangent; as sin.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V tan(E &e, V x) {
  return by_size(e, x, {"tan", tan_outside},
                 [&]() __attribute__((always_inline)) { return near_tan(e, x); });
}

} // namespace jit::scalar
