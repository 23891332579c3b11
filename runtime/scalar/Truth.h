// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic of bool elements: computed in i32, then whether the result is not zero.
#pragma once

#include "runtime/scalar/Bits.h"
#include "runtime/scalar/Pow.h"

namespace jit::scalar {

template <class V, class E>
concept TruthOf = std::same_as<V, typename E::M32>;

#define TRACEJIT_TRUTH_UNARY(name)                                                                 \
  template <class E, TruthOf<E> V> TRACEJIT_EMIT V name(E &e, V x) {                               \
    auto number = cast<std::int32_t>(e, x);                                                        \
    auto result = name(e, number);                                                                 \
    return cast<bool>(e, result);                                                                  \
  }
TRACEJIT_TRUTH_UNARY(negative)
TRACEJIT_TRUTH_UNARY(abs)
TRACEJIT_TRUTH_UNARY(floor)
TRACEJIT_TRUTH_UNARY(ceil)
TRACEJIT_TRUTH_UNARY(trunc)
TRACEJIT_TRUTH_UNARY(round)
TRACEJIT_TRUTH_UNARY(sign)
TRACEJIT_TRUTH_UNARY(square)
TRACEJIT_TRUTH_UNARY(relu)
TRACEJIT_TRUTH_UNARY(isnan)
TRACEJIT_TRUTH_UNARY(isfinite)
TRACEJIT_TRUTH_UNARY(isinf)
TRACEJIT_TRUTH_UNARY(signbit)
#undef TRACEJIT_TRUTH_UNARY

#define TRACEJIT_TRUTH_BINARY(name)                                                                \
  template <class E, TruthOf<E> V> TRACEJIT_EMIT V name(E &e, V x, V y) {                          \
    auto number_x = cast<std::int32_t>(e, x);                                                      \
    auto number_y = cast<std::int32_t>(e, y);                                                      \
    auto result = name(e, number_x, number_y);                                                     \
    return cast<bool>(e, result);                                                                  \
  }
TRACEJIT_TRUTH_BINARY(add)
TRACEJIT_TRUTH_BINARY(subtract)
TRACEJIT_TRUTH_BINARY(multiply)
TRACEJIT_TRUTH_BINARY(minimum)
TRACEJIT_TRUTH_BINARY(maximum)
TRACEJIT_TRUTH_BINARY(equal)
TRACEJIT_TRUTH_BINARY(not_equal)
TRACEJIT_TRUTH_BINARY(less)
TRACEJIT_TRUTH_BINARY(less_equal)
TRACEJIT_TRUTH_BINARY(greater)
TRACEJIT_TRUTH_BINARY(greater_equal)
#undef TRACEJIT_TRUTH_BINARY

template <class E, TruthOf<E> V> TRACEJIT_EMIT V pow(E &e, V x, V y) {
  auto number_x = cast<std::int32_t>(e, x);
  auto number_y = cast<std::int32_t>(e, y);
  auto result = pow_bits<1>(e, number_x, number_y);
  return cast<bool>(e, result);
}

template <class E, TruthOf<E> V> TRACEJIT_EMIT V bitwise_and(E &e, V x, V y) {
  return e.bit_and(x, y);
}
template <class E, TruthOf<E> V> TRACEJIT_EMIT V bitwise_or(E &e, V x, V y) {
  return e.bit_or(x, y);
}
template <class E, TruthOf<E> V> TRACEJIT_EMIT V bitwise_xor(E &e, V x, V y) {
  return e.bit_xor(x, y);
}
template <class E, TruthOf<E> V> TRACEJIT_EMIT V bitwise_invert(E &e, V x) { return e.bit_not(x); }

/// condition ? x : y
template <class E, TruthOf<E> V> TRACEJIT_EMIT V where(E &e, V condition, V x, V y) {
  auto if_true = e.bit_and(condition, x);
  auto otherwise = e.bit_not(condition);
  auto if_false = e.bit_and(otherwise, y);
  return e.bit_or(if_true, if_false);
}

template <class E, TruthOf<E> V> TRACEJIT_EMIT V clip(E &e, V x, V low, V high) {
  auto raised = maximum(e, x, low);
  return minimum(e, raised, high);
}

} // namespace jit::scalar
