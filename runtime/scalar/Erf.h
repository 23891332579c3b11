// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// erf and gelu of f32 and f64: sixteen intervals of |x|, each with its own polynomial, whose
// coefficients a permutation of a register fetches.
#pragma once

#include "runtime/scalar/ErfTable.h"
#include "runtime/scalar/Exp.h"

namespace jit::scalar {

/// table[0][index] + sum over k > 0 of table[k][index] * t^k; column 0 starts with t itself instead
/// of table[0][0], so that its leading coefficient erf'(0) - 1 is small.
template <class E, class V, class I, class T, int rows>
TRACEJIT_EMIT V erf_interval(E &e, V interval, I index, V t, const T (&table)[rows][16]) {
  V sum = e.lookup(index, table[rows - 1]);
  for (int k = rows - 2; k >= 1; --k) {
    auto coefficient = e.lookup(index, table[k]);
    sum = e.fma(sum, t, coefficient);
  }
  auto constant_term = e.lookup(index, table[0]);
  auto is_first = e.eq(interval, constant<V>(e, 0.0));
  auto start = e.select(is_first, t, constant_term);
  return e.fma(sum, t, start);
}

/// The error function.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V erf(E &e, V x) {
  using F = Format<E, V>;
  using Int = typename F::Int;
  constexpr double width = F::is_f32 ? erf_width_f32 : erf_width_f64;
  // erf of the bound, as computed here, is 1. A NaN takes the last interval, and t stays NaN.
  auto bound = constant<V>(e, F::is_f32 ? 3.93 : 5.922);
  auto magnitude = e.abs(x);
  auto beyond = e.lt(bound, magnitude);
  auto clamped = e.select(beyond, bound, magnitude);
  auto inside = e.lt(clamped, bound);
  auto ordered = e.select(inside, clamped, bound);

  auto shift = constant<V>(e, F::round_shift);
  auto centred = e.fma(ordered, constant<V>(e, 1.0 / width), constant<V>(e, -0.5));
  auto shifted = e.add(centred, shift);
  auto interval = e.sub(shifted, shift);
  auto shifted_bits = e.to_bits(shifted);
  auto index = e.bit_and(shifted_bits, int_constant<Int>(e, 15));
  auto t = e.fma(interval, constant<V>(e, -width), clamped);
  V result = t;
  if constexpr (F::is_f32)
    result = erf_interval(e, interval, index, t, erf_table_f32);
  else
    result = erf_interval(e, interval, index, t, erf_table_f64);
  return copy_sign(e, result, x);
}

/// (0.5 x) (1 + erf(x / sqrt 2)). The error is relative to |x|: the sum cancels for x << 0.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V gelu(E &e, V x) {
  auto scaled = e.mul(x, constant<V>(e, 0x1.6a09e667f3bcdp-1));
  auto error_function = erf(e, scaled);
  auto weight = e.add(error_function, constant<V>(e, 1.0));
  auto half = e.mul(x, constant<V>(e, 0.5));
  return e.mul(half, weight);
}

} // namespace jit::scalar
