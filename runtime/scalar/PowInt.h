// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Powers of integers by squaring, wrapping.
#pragma once

#include "runtime/scalar/Storage.h"

namespace jit::scalar {

/// x to the power y where y has at most `bits` bits and is not negative.
template <int bits, class E, IntOf<E> V> TRACEJIT_EMIT V pow_bits(E &e, V x, V y) {
  auto one = int_constant<V>(e, 1);
  V result = one;
  for (int i = 0; i < bits; ++i) {
    auto bit = e.bit_and(y, one);
    auto is_clear = e.eq(bit, zero<V>(e));
    auto product = e.mul(result, x);
    result = e.select(is_clear, result, product);
    x = e.mul(x, x);
    y = e.lshr(y, 1);
  }
  return result;
}

/// x to the power y, wrapping. For y < 0: 1 and -1 give 1 and -1, all else 0.
template <int bits, class E, IntOf<E> V> TRACEJIT_EMIT V pow_signed(E &e, V x, V y) {
  auto one = int_constant<V>(e, 1);
  auto power = pow_bits<bits>(e, x, y);
  auto is_one = e.eq(x, one);
  auto is_minus_one = e.eq(x, int_constant<V>(e, -1));
  auto odd_bit = e.bit_and(y, one);
  auto is_even = e.eq(odd_bit, zero<V>(e));
  auto of_minus_one = e.select(is_even, one, int_constant<V>(e, -1));
  auto others = e.select(is_minus_one, of_minus_one, zero<V>(e));
  auto inverse = e.select(is_one, one, others);
  auto is_negative = e.lt(y, zero<V>(e));
  return e.select(is_negative, inverse, power);
}
template <class E, IntOf<E> V> TRACEJIT_EMIT V pow(E &e, V x, V y) {
  return pow_signed<std::same_as<V, typename E::I32> ? 31 : 63>(e, x, y);
}
template <class E, IntOf<E> V, class T> TRACEJIT_EMIT V pow(E &e, V x, V y, Narrow<T>) {
  constexpr int bits = Narrow<T>::value_bits;
  if constexpr (std::signed_integral<T>)
    return pow_signed<bits>(e, x, y);
  else
    return pow_bits<bits>(e, x, y);
}

} // namespace jit::scalar
