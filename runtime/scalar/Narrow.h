// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arithmetic of u8 and bool elements: computed in i32, then u8 keeps the low byte and bool is
// whether the result is not zero.
#pragma once

#include "runtime/scalar/Bits.h"
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
TRACEJIT_NARROW_UNARY(ceil)
TRACEJIT_NARROW_UNARY(trunc)
TRACEJIT_NARROW_UNARY(round)
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

#define TRACEJIT_NARROW_BITS(name, of_mask)                                                        \
  template <class E> TRACEJIT_EMIT U8<E> name(E &e, U8<E> x, U8<E> y) {                            \
    auto wide = name(e, x.wide, y.wide);                                                           \
    return {wide};                                                                                 \
  }                                                                                                \
  template <class E>                                                                               \
  TRACEJIT_EMIT typename E::M32 name(E &e, typename E::M32 x, typename E::M32 y) {                 \
    return e.of_mask(x, y);                                                                        \
  }
TRACEJIT_NARROW_BITS(bitwise_and, bit_and)
TRACEJIT_NARROW_BITS(bitwise_or, bit_or)
TRACEJIT_NARROW_BITS(bitwise_xor, bit_xor)
#undef TRACEJIT_NARROW_BITS

template <class E> TRACEJIT_EMIT U8<E> bitwise_invert(E &e, U8<E> x) {
  auto inverse = bitwise_invert(e, x.wide);
  return wrap_u8(e, inverse);
}
template <class E> TRACEJIT_EMIT typename E::M32 bitwise_invert(E &e, typename E::M32 x) {
  return e.bit_not(x);
}
template <class E> TRACEJIT_EMIT U8<E> left_shift(E &e, U8<E> x, U8<E> n) {
  auto shifted = left_shift_in<8>(e, x.wide, n.wide);
  return wrap_u8(e, shifted);
}
template <class E> TRACEJIT_EMIT U8<E> right_shift(E &e, U8<E> x, U8<E> n) {
  auto shifted = right_shift_in<8>(e, x.wide, n.wide);
  return {shifted};
}

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

#define TRACEJIT_NARROW_TEST(name)                                                                 \
  template <class E, NarrowOf<E> V> TRACEJIT_EMIT typename E::M32 name(E &e, V x) {                \
    auto wide = cast<std::int32_t>(e, x);                                                          \
    return name(e, wide);                                                                          \
  }
TRACEJIT_NARROW_TEST(isnan)
TRACEJIT_NARROW_TEST(isfinite)
TRACEJIT_NARROW_TEST(isinf)
TRACEJIT_NARROW_TEST(signbit)
#undef TRACEJIT_NARROW_TEST

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
