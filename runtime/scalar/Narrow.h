// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic of u8 and bool elements: computed in i32, then u8 keeps the low byte and bool is
// whether the result is not zero.
#pragma once

#include "runtime/scalar/Cast.h"
#include "runtime/scalar/Pow.h"

namespace jit::scalar {

template <class V, class E> TRACEJIT_EMIT V narrow(E &e, typename E::I32 x) {
  if constexpr (std::same_as<V, U8<E>>)
    return cast<std::uint8_t>(e, x);
  else
    return cast<bool>(e, x);
}

/// f in i32 on the widened operands.
template <class E, class V, class F> TRACEJIT_EMIT V in_i32(E &e, V x, F f) {
  auto wide_x = cast<std::int32_t>(e, x);
  auto result = f(wide_x);
  return narrow<V>(e, result);
}
template <class E, class V, class F> TRACEJIT_EMIT V in_i32(E &e, V x, V y, F f) {
  auto wide_x = cast<std::int32_t>(e, x);
  auto wide_y = cast<std::int32_t>(e, y);
  auto result = f(wide_x, wide_y);
  return narrow<V>(e, result);
}

#define TRACEJIT_NARROW_UNARY(name)                                                                \
  template <class E, NarrowOf<E> V> TRACEJIT_EMIT V name(E &e, V x) {                              \
    return in_i32(e, x, [&e](auto a) { return name(e, a); });                                      \
  }
TRACEJIT_NARROW_UNARY(negative)
TRACEJIT_NARROW_UNARY(abs)
TRACEJIT_NARROW_UNARY(floor)
TRACEJIT_NARROW_UNARY(sign)
TRACEJIT_NARROW_UNARY(square)
TRACEJIT_NARROW_UNARY(relu)
#undef TRACEJIT_NARROW_UNARY

#define TRACEJIT_NARROW_BINARY(name)                                                               \
  template <class E, NarrowOf<E> V> TRACEJIT_EMIT V name(E &e, V x, V y) {                         \
    return in_i32(e, x, y, [&e](auto a, auto b) { return name(e, a, b); });                        \
  }
TRACEJIT_NARROW_BINARY(add)
TRACEJIT_NARROW_BINARY(subtract)
TRACEJIT_NARROW_BINARY(multiply)
TRACEJIT_NARROW_BINARY(minimum)
TRACEJIT_NARROW_BINARY(maximum)
#undef TRACEJIT_NARROW_BINARY

template <class E, NarrowOf<E> V> TRACEJIT_EMIT V pow(E &e, V x, V y) {
  return in_i32(e, x, y, [&e](auto a, auto b) { return pow_bits<8>(e, a, b); });
}

#define TRACEJIT_NARROW_COMPARE(name)                                                              \
  template <class E, NarrowOf<E> V> TRACEJIT_EMIT typename E::M32 name(E &e, V x, V y) {           \
    auto wide_x = cast<std::int32_t>(e, x);                                                        \
    auto wide_y = cast<std::int32_t>(e, y);                                                        \
    return name(e, wide_x, wide_y);                                                                \
  }
TRACEJIT_NARROW_COMPARE(equal)
TRACEJIT_NARROW_COMPARE(not_equal)
TRACEJIT_NARROW_COMPARE(less)
TRACEJIT_NARROW_COMPARE(less_equal)
TRACEJIT_NARROW_COMPARE(greater)
TRACEJIT_NARROW_COMPARE(greater_equal)
#undef TRACEJIT_NARROW_COMPARE

template <class E, NarrowOf<E> V> TRACEJIT_EMIT typename E::M32 isnan(E &e, V x) {
  return not_equal(e, x, x);
}

/// condition ? x : y
template <class E> TRACEJIT_EMIT U8<E> where(E &e, typename E::M32 condition, U8<E> x, U8<E> y) {
  auto chosen = e.select(condition, x.wide, y.wide);
  return {chosen};
}
template <class E>
TRACEJIT_EMIT typename E::M32 where(E &e, typename E::M32 condition, typename E::M32 x,
                                    typename E::M32 y) {
  auto if_true = e.bit_and(condition, x);
  auto otherwise = e.bit_not(condition);
  auto if_false = e.bit_and(otherwise, y);
  return e.bit_or(if_true, if_false);
}

template <class E, NarrowOf<E> V> TRACEJIT_EMIT V clip(E &e, V x, V low, V high) {
  auto raised = maximum(e, x, low);
  return minimum(e, raised, high);
}

} // namespace jit::scalar
