// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// erf and gelu of f32 and f64: sixteen intervals of |x|, each with its own polynomial, whose
// coefficients a permutation of a register fetches.
#pragma once

#include "runtime/scalar/ErfTable.h"
#include "runtime/scalar/Exp.h"

namespace jit::scalar {

/// sum over k of table[k][index] * t^k
template <class E, class V, class I, class T, int degree_plus_1>
TRACEJIT_EMIT V polynomial_by_interval(E &e, I index, V t, const T (&table)[degree_plus_1][16]) {
  V sum = e.lookup(index, table[degree_plus_1 - 1]);
  for (int k = degree_plus_1 - 2; k >= 0; --k) {
    auto coefficient = e.lookup(index, table[k]);
    sum = e.fma(sum, t, coefficient);
  }
  return sum;
}

/// The error function.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V erf(E &e, V x) {
  using F = Format<E, V>;
  using Int = typename F::Int;
  constexpr double width = F::is_f32 ? 65.0 / 256.0 : 3.0 / 8.0;
  // erf of the bound rounds to 1. A NaN takes the last interval, and t stays NaN.
  auto bound = constant<V>(e, F::is_f32 ? 4.05 : 5.98);
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
    result = polynomial_by_interval(e, index, t, erf_table_f32);
  else
    result = polynomial_by_interval(e, index, t, erf_table_f64);
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
