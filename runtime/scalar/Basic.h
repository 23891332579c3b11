// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic, comparisons and choices of f32, f64, i32 and i64 elements.
#pragma once

#include "runtime/scalar/Emitter.h"

namespace jit::scalar {

template <class V, class E>
concept WideOf = FloatOf<V, E> || IntOf<V, E>;

/// The bool value of a mask of either width.
template <class E> TRACEJIT_EMIT typename E::M32 as_bool(E &, typename E::M32 m) { return m; }
template <class E> TRACEJIT_EMIT typename E::M32 as_bool(E &e, typename E::M64 m) {
  return e.to_m32(m);
}

/// All lanes zero, of any wide type.
template <class V, class E> TRACEJIT_EMIT V zero(E &e) {
  if constexpr (FloatOf<V, E>)
    return constant<V>(e, 0.0);
  else
    return int_constant<V>(e, 0);
}

template <class E, WideOf<E> V> TRACEJIT_EMIT V add(E &e, V x, V y) { return e.add(x, y); }
template <class E, WideOf<E> V> TRACEJIT_EMIT V subtract(E &e, V x, V y) { return e.sub(x, y); }
template <class E, WideOf<E> V> TRACEJIT_EMIT V multiply(E &e, V x, V y) { return e.mul(x, y); }
template <class E, FloatOf<E> V> TRACEJIT_EMIT V divide(E &e, V x, V y) { return e.div(x, y); }
template <class E, WideOf<E> V> TRACEJIT_EMIT V square(E &e, V x) { return e.mul(x, x); }
template <class E, FloatOf<E> V> TRACEJIT_EMIT V sqrt(E &e, V x) { return e.sqrt(x); }

template <class E, WideOf<E> V> TRACEJIT_EMIT V negative(E &e, V x) {
  if constexpr (FloatOf<V, E>)
    return e.neg(x);
  else
    return e.sub(zero<V>(e), x);
}

/// The smallest integer is its own absolute value.
template <class E, WideOf<E> V> TRACEJIT_EMIT V abs(E &e, V x) {
  if constexpr (FloatOf<V, E>) {
    return e.abs(x);
  } else {
    auto negated = e.sub(zero<V>(e), x);
    auto below = e.lt(x, zero<V>(e));
    return e.select(below, negated, x);
  }
}

template <class E, WideOf<E> V> TRACEJIT_EMIT V floor(E &e, V x) {
  if constexpr (FloatOf<V, E>)
    return e.floor(x);
  else
    return x;
}

/// -1, 0 or 1; zeros keep their sign and NaN stays NaN.
template <class E, WideOf<E> V> TRACEJIT_EMIT V sign(E &e, V x) {
  V one = zero<V>(e), minus_one = zero<V>(e);
  if constexpr (FloatOf<V, E>) {
    one = constant<V>(e, 1.0);
    minus_one = constant<V>(e, -1.0);
  } else {
    one = int_constant<V>(e, 1);
    minus_one = int_constant<V>(e, -1);
  }
  auto above = e.lt(zero<V>(e), x);
  auto below = e.lt(x, zero<V>(e));
  auto not_above = e.select(below, minus_one, x);
  return e.select(above, one, not_above);
}

template <class E, FloatOf<E> V> TRACEJIT_EMIT V rsqrt(E &e, V x) {
  auto root = e.sqrt(x);
  return e.div(constant<V>(e, 1.0), root);
}

/// select(0 > x, 0, x): keeps NaN and -0.
template <class E, WideOf<E> V> TRACEJIT_EMIT V relu(E &e, V x) {
  auto below = e.lt(x, zero<V>(e));
  return e.select(below, zero<V>(e), x);
}

template <class E, WideOf<E> V> TRACEJIT_EMIT auto equal(E &e, V x, V y) {
  auto holds = e.eq(x, y);
  return as_bool(e, holds);
}
template <class E, WideOf<E> V> TRACEJIT_EMIT auto not_equal(E &e, V x, V y) {
  auto holds = e.ne(x, y);
  return as_bool(e, holds);
}
template <class E, WideOf<E> V> TRACEJIT_EMIT auto less(E &e, V x, V y) {
  auto holds = e.lt(x, y);
  return as_bool(e, holds);
}
template <class E, WideOf<E> V> TRACEJIT_EMIT auto less_equal(E &e, V x, V y) {
  auto holds = e.le(x, y);
  return as_bool(e, holds);
}
template <class E, WideOf<E> V> TRACEJIT_EMIT auto greater(E &e, V x, V y) { return less(e, y, x); }
template <class E, WideOf<E> V> TRACEJIT_EMIT auto greater_equal(E &e, V x, V y) {
  return less_equal(e, y, x);
}
template <class E, WideOf<E> V> TRACEJIT_EMIT auto isnan(E &e, V x) { return not_equal(e, x, x); }

template <class E>
TRACEJIT_EMIT typename E::M32 logical_and(E &e, typename E::M32 x, typename E::M32 y) {
  return e.bit_and(x, y);
}
template <class E>
TRACEJIT_EMIT typename E::M32 logical_or(E &e, typename E::M32 x, typename E::M32 y) {
  return e.bit_or(x, y);
}
template <class E> TRACEJIT_EMIT typename E::M32 logical_not(E &e, typename E::M32 x) {
  return e.bit_not(x);
}

/// condition ? x : y
template <class E, WideOf<E> V> TRACEJIT_EMIT V where(E &e, typename E::M32 condition, V x, V y) {
  if constexpr (std::same_as<V, typename E::F32> || std::same_as<V, typename E::I32>) {
    return e.select(condition, x, y);
  } else {
    auto wide = e.to_m64(condition);
    return e.select(wide, x, y);
  }
}

/// NaN wins and -0 < +0: where x == y both are the same number or two zeros, whose sign bits
/// combine by `or` for the minimum and by `and` for the maximum.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V minimum(E &e, V x, V y) {
  auto x_bits = e.to_bits(x);
  auto y_bits = e.to_bits(y);
  auto both_bits = e.bit_or(x_bits, y_bits);
  auto both = e.from_bits(both_bits);
  auto equal = e.eq(x, y);
  auto x_less = e.lt(x, y);
  auto smaller = e.select(x_less, x, y);
  auto ordered = e.select(equal, both, smaller);
  auto x_nan = e.ne(x, x);
  return e.select(x_nan, x, ordered);
}
template <class E, FloatOf<E> V> TRACEJIT_EMIT V maximum(E &e, V x, V y) {
  auto x_bits = e.to_bits(x);
  auto y_bits = e.to_bits(y);
  auto both_bits = e.bit_and(x_bits, y_bits);
  auto both = e.from_bits(both_bits);
  auto equal = e.eq(x, y);
  auto y_less = e.lt(y, x);
  auto larger = e.select(y_less, x, y);
  auto ordered = e.select(equal, both, larger);
  auto x_nan = e.ne(x, x);
  return e.select(x_nan, x, ordered);
}
template <class E, IntOf<E> V> TRACEJIT_EMIT V minimum(E &e, V x, V y) {
  auto y_less = e.lt(y, x);
  return e.select(y_less, y, x);
}
template <class E, IntOf<E> V> TRACEJIT_EMIT V maximum(E &e, V x, V y) {
  auto x_less = e.lt(x, y);
  return e.select(x_less, y, x);
}

/// min(max(x, low), high)
template <class E, WideOf<E> V> TRACEJIT_EMIT V clip(E &e, V x, V low, V high) {
  auto raised = maximum(e, x, low);
  return minimum(e, raised, high);
}

} // namespace jit::scalar
