// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rounding to integral values, signs and neighbours of floats, and bits of integers.
#pragma once

#include "runtime/scalar/Cast.h"

namespace jit::scalar {

template <class E, WideOf<E> V> TRACEJIT_EMIT V ceil(E &e, V x) {
  if constexpr (FloatOf<V, E>) {
    auto negated = e.neg(x);
    auto below = e.floor(negated);
    return e.neg(below);
  } else {
    return x;
  }
}
template <class E, WideOf<E> V> TRACEJIT_EMIT V trunc(E &e, V x) {
  if constexpr (FloatOf<V, E>)
    return e.trunc(x);
  else
    return x;
}
template <class E, WideOf<E> V> TRACEJIT_EMIT V round(E &e, V x) {
  if constexpr (FloatOf<V, E>)
    return e.rint(x);
  else
    return x;
}

template <class E, WideOf<E> V> TRACEJIT_EMIT typename E::M32 isfinite(E &e, V x) {
  if constexpr (FloatOf<V, E>) {
    auto magnitude = e.abs(x);
    auto holds = e.lt(magnitude, constant<V>(e, Format<E, V>::infinity));
    return as_bool(e, holds);
  } else {
    return equal(e, x, x);
  }
}
template <class E, WideOf<E> V> TRACEJIT_EMIT typename E::M32 isinf(E &e, V x) {
  if constexpr (FloatOf<V, E>) {
    auto magnitude = e.abs(x);
    auto holds = e.eq(magnitude, constant<V>(e, Format<E, V>::infinity));
    return as_bool(e, holds);
  } else {
    return not_equal(e, x, x);
  }
}
/// NaN counts as positive: its sign differs between compilers.
template <class E, FloatOf<E> V> TRACEJIT_EMIT auto is_below_zero(E &e, V x) {
  auto bits = e.to_bits(x);
  auto has_sign = e.lt(bits, zero<decltype(bits)>(e));
  auto is_number = e.eq(x, x);
  return e.bit_and(has_sign, is_number);
}
template <class E, WideOf<E> V> TRACEJIT_EMIT typename E::M32 signbit(E &e, V x) {
  if constexpr (FloatOf<V, E>) {
    auto holds = is_below_zero(e, x);
    return as_bool(e, holds);
  } else {
    auto holds = e.lt(x, zero<V>(e));
    return as_bool(e, holds);
  }
}

template <class E, FloatOf<E> V> TRACEJIT_EMIT V copysign(E &e, V x, V y) {
  auto magnitude = e.abs(x);
  auto negated = e.neg(magnitude);
  auto is_negative = is_below_zero(e, y);
  return e.select(is_negative, negated, magnitude);
}

/// Floats of one sign are ordered as their bits are. The neighbour of a zero is the smallest
/// denormal of y's sign.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V nextafter(E &e, V x, V y) {
  using I = typename Format<E, V>::Int;
  auto bits = e.to_bits(x);
  auto zero_x = constant<V>(e, 0.0);
  auto is_smaller = e.lt(x, y);
  auto is_negative = e.lt(bits, zero<I>(e));
  auto up = int_constant<I>(e, 1);
  auto down = int_constant<I>(e, -1);
  auto away_from_zero = e.select(is_negative, down, up);
  auto towards_zero = e.select(is_negative, up, down);
  auto step = e.select(is_smaller, away_from_zero, towards_zero);
  auto moved_bits = e.add(bits, step);
  auto moved = e.from_bits(moved_bits);
  auto smallest = e.from_bits(up);
  auto from_zero = copy_sign(e, smallest, y);
  auto is_zero = e.eq(x, zero_x);
  auto beside = e.select(is_zero, from_zero, moved);
  auto is_there = e.eq(x, y);
  auto neighbour = e.select(is_there, y, beside);
  auto sum = e.add(x, y); // NaN if one is
  auto x_is_nan = e.ne(x, x);
  auto y_is_nan = e.ne(y, y);
  auto is_nan = e.bit_or(x_is_nan, y_is_nan);
  return e.select(is_nan, sum, neighbour);
}

template <class E, IntOf<E> V> TRACEJIT_EMIT V bitwise_and(E &e, V x, V y) {
  return e.bit_and(x, y);
}
template <class E, IntOf<E> V> TRACEJIT_EMIT V bitwise_or(E &e, V x, V y) { return e.bit_or(x, y); }
template <class E, IntOf<E> V> TRACEJIT_EMIT V bitwise_xor(E &e, V x, V y) {
  return e.bit_xor(x, y);
}
template <class E, IntOf<E> V> TRACEJIT_EMIT V bitwise_invert(E &e, V x) {
  return e.bit_xor(x, int_constant<V>(e, -1));
}

template <class E>
TRACEJIT_EMIT typename E::M32 logical_xor(E &e, typename E::M32 x, typename E::M32 y) {
  return e.bit_xor(x, y);
}

template <class E, IntOf<E> V>
inline constexpr int lane_width = std::same_as<V, typename E::I32> ? 32 : 64;

/// shift(x, n) where 0 <= n < width, 0 elsewhere.
template <int width, class E, IntOf<E> V, class Shift>
TRACEJIT_EMIT V shift_within(E &e, V x, V n, Shift shift) {
  auto not_negative = e.le(zero<V>(e), n);
  auto below = e.lt(n, int_constant<V>(e, width));
  auto fits = e.bit_and(not_negative, below);
  auto count = e.select(fits, n, zero<V>(e));
  auto shifted = shift(x, count);
  return e.select(fits, shifted, zero<V>(e));
}
template <int width, class E, IntOf<E> V> TRACEJIT_EMIT V left_shift_in(E &e, V x, V n) {
  return shift_within<width>(e, x, n, [&e](V a, V count) { return e.shl(a, count); });
}
template <int width, class E, IntOf<E> V> TRACEJIT_EMIT V right_shift_in(E &e, V x, V n) {
  return shift_within<width>(e, x, n, [&e](V a, V count) { return e.ashr(a, count); });
}

template <class E, IntOf<E> V> TRACEJIT_EMIT V left_shift(E &e, V x, V n) {
  return left_shift_in<lane_width<E, V>>(e, x, n);
}
template <class E, IntOf<E> V> TRACEJIT_EMIT V right_shift(E &e, V x, V n) {
  return right_shift_in<lane_width<E, V>>(e, x, n);
}
/// The bits that a lane has more are copies of the sign, and do not count.
template <class E, IntOf<E> V, class T> TRACEJIT_EMIT V right_shift(E &e, V x, V n, Narrow<T>) {
  return right_shift_in<Narrow<T>::width>(e, x, n);
}

} // namespace jit::scalar
