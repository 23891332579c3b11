// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Remainders and quotients that are rounded down, of floats and integers; those of floats are exact
// for all exponents.
#pragma once

#include "runtime/scalar/Bits.h"

namespace jit::scalar {

/// r - trunc(r / y) * y, exactly, for r >= 0, y > 0 and r / y < 2^52. The rounded quotient is at
/// most one too large.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V reduce_once(E &e, V r, V y) {
  auto quotient = e.div(r, y);
  auto whole = e.trunc(quotient);
  auto minus_whole = e.neg(whole);
  auto left = e.fma(minus_whole, y, r);
  auto raised = e.add(left, y);
  auto is_below = e.lt(left, constant<V>(e, 0.0));
  return e.select(is_below, raised, left);
}

/// fmod(x, y) of finite x >= 0 and y > 0. In f64 every f32 is normal and x / y below 2^277: fifty
/// bits of the quotient a step.
template <class E>
TRACEJIT_EMIT typename E::F32 fmod_of_magnitudes(E &e, typename E::F32 x, typename E::F32 y) {
  auto left = e.to_f64(x);
  auto divisor = e.to_f64(y);
  for (const double power : {0x1p250, 0x1p200, 0x1p150, 0x1p100, 0x1p50, 1.0}) {
    auto scaled = e.mul(divisor, e.f64(power));
    left = reduce_once(e, left, scaled);
  }
  return e.to_f32(left);
}

/// a * b mod m for integers 0 <= a, b < m < 2^53 held as floats.
template <class E>
TRACEJIT_EMIT typename E::F64 multiply_modulo(E &e, typename E::F64 a, typename E::F64 b,
                                              typename E::F64 m) {
  auto high = e.mul(a, b);
  auto minus_high = e.neg(high);
  auto low = e.fma(a, b, minus_high); // |low| < m
  auto of_high = reduce_once(e, high, m);
  // Integers below 2^53 in magnitude at every step, so that nothing is rounded.
  auto lowered = e.sub(of_high, m);
  auto is_above = e.lt(e.f64(0.0), low);
  auto start = e.select(is_above, lowered, of_high);
  auto sum = e.add(start, low);
  auto raised = e.add(sum, m);
  auto is_below = e.lt(sum, e.f64(0.0));
  return e.select(is_below, raised, sum);
}

/// x = significand * 2^(exponent - 1075), the significand an integer below 2^53.
template <class E> struct IntegerParts {
  typename E::F64 significand;
  typename E::I64 exponent;
};
template <class E> TRACEJIT_EMIT IntegerParts<E> integer_parts(E &e, typename E::F64 x) {
  auto bits = e.to_bits(x);
  auto fraction = e.bit_and(bits, e.i64((std::int64_t{1} << 52) - 1));
  auto field = e.lshr(bits, 52);
  // With the exponent of 2^52 the fraction counts ones, and the implicit bit is there.
  auto counted_bits = e.bit_or(fraction, e.i64(std::int64_t{1075} << 52));
  auto counted = e.from_bits(counted_bits);
  auto without = e.sub(counted, e.f64(0x1p52));
  auto is_denormal = e.eq(field, e.i64(0));
  auto significand = e.select(is_denormal, without, counted);
  auto exponent = e.select(is_denormal, e.i64(1), field);
  return {significand, exponent};
}

template <class E> TRACEJIT_EMIT typename E::F64 power_of_2(E &e, typename E::I64 n) {
  auto field = e.add(n, e.i64(1023));
  auto bits = e.shl(field, 52);
  return e.from_bits(bits);
}

/// With x = a 2^p, y = b 2^q and p >= q: (a 2^(p - q) mod b) 2^q, the power by squaring. Where p <
/// q, x / y < 2^52, so that one division is exact.
template <class E>
TRACEJIT_EMIT typename E::F64 fmod_of_magnitudes(E &e, typename E::F64 x, typename E::F64 y) {
  auto [a, p] = integer_parts(e, x);
  auto [b, q] = integer_parts(e, y);
  auto difference = e.sub(p, q);
  auto is_negative = e.lt(difference, e.i64(0));
  auto n = e.select(is_negative, e.i64(0), difference);
  // The upper five of twelve bits of n: a power below 2^32.
  auto upper = e.lshr(n, 7);
  auto power = power_of_2(e, upper);
  power = reduce_once(e, power, b);
  for (int bit = 6; bit >= 0; --bit) {
    auto squared = multiply_modulo(e, power, power, b);
    auto lowered = e.sub(squared, b);
    auto doubled = e.add(squared, lowered); // 2 squared - b, below b
    auto raised = e.add(doubled, b);
    auto is_below = e.lt(doubled, e.f64(0.0));
    auto twice = e.select(is_below, raised, doubled);
    auto shifted = e.lshr(n, bit);
    auto low_bit = e.bit_and(shifted, e.i64(1));
    auto is_clear = e.eq(low_bit, e.i64(0));
    power = e.select(is_clear, squared, twice);
  }
  auto a_left = reduce_once(e, a, b);
  auto count = multiply_modulo(e, a_left, power, b);
  // count * 2^(q - 1075), in three exact steps.
  auto above = e.sub(q, e.i64(1));
  auto half = e.lshr(above, 1);
  auto rest = e.sub(above, half);
  auto half_power = power_of_2(e, half);
  auto rest_power = power_of_2(e, rest);
  auto tiny = e.mul(count, e.f64(0x1p-1074));
  auto partial = e.mul(tiny, half_power);
  auto of_large = e.mul(partial, rest_power);

  auto of_small = reduce_once(e, x, y);
  return e.select(is_negative, of_small, of_large);
}

/// x minus the multiple of y that leaves the sign of x; NaN if x is infinite or y zero, x if y is
/// infinite.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V fmod(E &e, V x, V y) {
  auto infinity = constant<V>(e, Format<E, V>::infinity);
  auto x_magnitude = e.abs(x);
  auto y_magnitude = e.abs(y);
  auto x_is_finite = e.lt(x_magnitude, infinity);
  auto y_is_finite = e.lt(y_magnitude, infinity);
  auto y_is_positive = e.lt(constant<V>(e, 0.0), y_magnitude);
  auto y_is_usual = e.bit_and(y_is_finite, y_is_positive);
  auto is_usual = e.bit_and(x_is_finite, y_is_usual);
  auto one = constant<V>(e, 1.0);
  auto usual_x = e.select(is_usual, x_magnitude, one);
  auto usual_y = e.select(is_usual, y_magnitude, one);
  auto left = fmod_of_magnitudes(e, usual_x, usual_y);
  auto signed_left = copy_sign(e, left, x);
  auto y_is_infinite = e.eq(y_magnitude, infinity);
  auto is_x = e.bit_and(x_is_finite, y_is_infinite);
  auto otherwise = e.select(is_x, x, constant<V>(e, Format<E, V>::nan));
  return e.select(is_usual, signed_left, otherwise);
}

/// With the sign of y: fmod, and y more where the signs differ.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V remainder(E &e, V x, V y) {
  auto zero_v = constant<V>(e, 0.0);
  auto left = fmod(e, x, y);
  auto moved = e.add(left, y);
  auto left_is_negative = e.lt(left, zero_v);
  auto y_is_negative = e.lt(y, zero_v);
  auto differ = e.bit_xor(left_is_negative, y_is_negative);
  auto fitting = e.select(differ, moved, left);
  auto zero_of_y = copy_sign(e, zero_v, y);
  auto is_zero = e.eq(left, zero_v);
  return e.select(is_zero, zero_of_y, fitting);
}

/// The integer nearest to (x - fmod) / y, which is an integer but for its rounding, and one less
/// where fmod has another sign than y; x / y where y is zero.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V floor_divide(E &e, V x, V y) {
  auto zero_v = constant<V>(e, 0.0);
  auto one = constant<V>(e, 1.0);
  auto left = fmod(e, x, y);
  auto multiple = e.sub(x, left);
  auto towards_zero = e.div(multiple, y);
  auto left_is_negative = e.lt(left, zero_v);
  auto y_is_negative = e.lt(y, zero_v);
  auto signs_differ = e.bit_xor(left_is_negative, y_is_negative);
  auto is_left = e.ne(left, zero_v);
  auto moves = e.bit_and(signs_differ, is_left);
  auto less = e.sub(towards_zero, one);
  auto quotient = e.select(moves, less, towards_zero);
  auto below = e.floor(quotient);
  auto excess = e.sub(quotient, below);
  auto is_above = e.lt(constant<V>(e, 0.5), excess);
  auto next = e.add(below, one);
  auto nearest = e.select(is_above, next, below);
  auto plain = e.div(x, y);
  auto zero_of_plain = copy_sign(e, zero_v, plain);
  auto is_zero = e.eq(nearest, zero_v);
  auto integral = e.select(is_zero, zero_of_plain, nearest);
  auto y_is_zero = e.eq(y, zero_v);
  return e.select(y_is_zero, plain, integral);
}

/// Towards zero; no lane divides by 0 or -1.
template <class E>
TRACEJIT_EMIT typename E::I64 quotient(E &e, typename E::I64 x, typename E::I64 y) {
  return e.quotient(x, y);
}
/// In f64, whose quotients of two i32 lie further than their rounding from the next integer.
template <class E>
TRACEJIT_EMIT typename E::I32 quotient(E &e, typename E::I32 x, typename E::I32 y) {
  auto float_x = e.to_f64(x);
  auto float_y = e.to_f64(y);
  auto floating = e.div(float_x, float_y);
  return e.to_i32(floating);
}
/// The same in f32 of integers of at most 16 bits.
template <class E>
TRACEJIT_EMIT typename E::I32 narrow_quotient(E &e, typename E::I32 x, typename E::I32 y) {
  auto float_x = e.to_f32(x);
  auto float_y = e.to_f32(y);
  auto floating = e.div(float_x, float_y);
  return e.to_i32(floating);
}

/// x / y rounded down, and what is left, with the sign of y; both 0 where y is 0. Wraps.
template <class V> struct FloorDivision {
  V quotient, remainder;
};
/// `divide` is a quotient towards zero.
template <class E, IntOf<E> V, class Divide>
TRACEJIT_EMIT FloorDivision<V> divide_down(E &e, V x, V y, Divide divide) {
  auto none = zero<V>(e);
  auto one = int_constant<V>(e, 1);
  // -x / 1 for x / -1, whose quotient may overflow, and x / 1 for x / 0.
  auto negated = e.sub(none, x);
  auto is_minus_one = e.eq(y, int_constant<V>(e, -1));
  auto is_zero = e.eq(y, none);
  auto is_unsafe = e.bit_or(is_minus_one, is_zero);
  auto divisor = e.select(is_unsafe, one, y);
  auto dividend = e.select(is_minus_one, negated, x);
  auto towards_zero = divide(dividend, divisor);
  auto product = e.mul(towards_zero, divisor);
  auto left = e.sub(dividend, product);
  auto left_is_negative = e.lt(left, none);
  auto divisor_is_negative = e.lt(divisor, none);
  auto signs_differ = e.bit_xor(left_is_negative, divisor_is_negative);
  auto is_left = e.ne(left, none);
  auto moves = e.bit_and(signs_differ, is_left);
  auto less = e.sub(towards_zero, one);
  auto more = e.add(left, divisor);
  auto down = e.select(moves, less, towards_zero);
  auto fitting = e.select(moves, more, left);
  auto quotient = e.select(is_zero, none, down);
  return {quotient, fitting}; // x / 1 leaves nothing
}
template <class E, IntOf<E> V> TRACEJIT_EMIT FloorDivision<V> divide_down(E &e, V x, V y) {
  return divide_down(e, x, y, [&e](V a, V b) { return quotient(e, a, b); });
}
template <class E, IntOf<E> V> TRACEJIT_EMIT V floor_divide(E &e, V x, V y) {
  return divide_down(e, x, y).quotient;
}
template <class E, IntOf<E> V> TRACEJIT_EMIT V remainder(E &e, V x, V y) {
  return divide_down(e, x, y).remainder;
}

template <class E, IntOf<E> V, class T>
TRACEJIT_EMIT FloorDivision<V> divide_down(E &e, V x, V y, Narrow<T>) {
  const auto divide = [&e](V a, V b) { return narrow_quotient(e, a, b); };
  if constexpr (std::signed_integral<T>) {
    return divide_down(e, x, y, divide);
  } else {
    auto is_zero = e.eq(y, zero<V>(e));
    auto divisor = e.select(is_zero, int_constant<V>(e, 1), y);
    auto whole = divide(x, divisor);
    auto product = e.mul(whole, divisor);
    auto left = e.sub(x, product); // x / 1 leaves nothing
    auto quotient = e.select(is_zero, zero<V>(e), whole);
    return {quotient, left};
  }
}
template <class E, IntOf<E> V, class T>
TRACEJIT_EMIT V floor_divide(E &e, V x, V y, Narrow<T> type) {
  return divide_down(e, x, y, type).quotient;
}
template <class E, IntOf<E> V, class T> TRACEJIT_EMIT V remainder(E &e, V x, V y, Narrow<T> type) {
  return divide_down(e, x, y, type).remainder;
}

} // namespace jit::scalar
