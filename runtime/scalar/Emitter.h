// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Emitter concept: the primitive operations in which every element function is written once.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

/// Element functions are templates over an emitter; they must melt into the loop around them, or
/// vectors would travel through memory. Emitters of text say that it need not be.
#ifndef TRACEJIT_EMIT
#define TRACEJIT_EMIT [[gnu::always_inline]] inline
#endif

namespace jit::scalar {

/// An emitter of type E holds a fixed number of lanes and has the value types
///
///   E::F32 E::F64 E::I32 E::I64   lanes of that element type; integers wrap
///   E::M32 E::M64                 lane masks that go with 32-bit and 64-bit elements
///
/// all six distinct, copyable and otherwise opaque: a value may be a vector, several vectors that
/// advance together, an llvm::Value* or the name of a line of text. The number of lanes is the same
/// for all six, so a value of 64-bit elements may take twice the registers.
///
/// Rules for functions written against the concept:
///   - Only the operations below touch values: no C++ operator, no host `if` on a value.
///   - Constants emit nothing. Every other call gets its own named value before it is used, because
///     the order in which arguments are evaluated differs between compilers.
///   - Every operation is correctly rounded IEEE-754 or exact integer arithmetic, so the same
///     function gives the same bits from every emitter (NaN as a class).
///
/// Operations (F: F32 or F64, I: I32 or I64, M: M32 or M64 of the matching width; shift counts n
/// are host integers with 0 <= n < width):
///
///   f32(c) f64(c) i32(c) i64(c) -> F32 F64 I32 I64     the same constant in all lanes
///   add sub mul (F, F) (I, I)     div (F, F)           fma (F a, F b, F c) = a * b + c
///   neg abs (F)  sign bit only    sqrt floor trunc rint (F)        rint: ties to even
///   eq ne lt le (F, F) (I, I) -> M    ordered, but ne is true when a lane is NaN; ints signed
///   select (M, F, F) (M, I, I)    bit_and bit_or bit_xor (I, I) (M, M)     bit_not (M)
///   shl lshr ashr (I, n)          to_bits (F) -> I     from_bits (I) -> F
///   shl ashr (I, I counts)        counts as those above, a lane each
///   quotient (I64, I64)           towards zero; no lane divides by 0 or -1
///   mulhi (I32, I32)              upper half of the unsigned product
///   ldexp (F x, F shifted)        x * 2^n rounded once, n = shifted - ldexp_shift integral, see
///                                 ldexp_precondition
///   split (F x) -> {F m, F e}     x = m * 2^e, m in [3/4, 3/2); zero gives {1, -inf}, +inf {1,
///   inf},
///                                 NaN and x < 0 a NaN m
///   lookup (I index, table)       table: const float (&)[8] with I32, const double (&)[16] with
///                                 I64; every index inside
///   to_f64 (F32, I32, I64)        to_f32 (F64, I32, I64)           rounded once
///   to_i32 (F32, F64, I64)        to_i64 (F64, I32)    from floats: truncates, value must fit;
///                                                      I64 to I32 keeps the low half
///   to_m64 (M32)                  to_m32 (M64)
///   rarely (M, F x, outside, near)  near(); but if a lane of the mask is set, what the function
///   outside
///                                 (LargeAngle.h) makes of all lanes of x, one by one
///
/// ldexp_precondition: |x| in [1/2, 2) or NaN, and n in [-252, 254] (F32) or [-2044, 2046] (F64).
template <class E>
concept Emitter = requires(E e, typename E::F32 f, typename E::F64 d, typename E::I32 i,
                           typename E::I64 l, typename E::M32 m, typename E::M64 n,
                           const float (&ftable)[8], const double (&dtable)[16]) {
  { e.f32(1.0f) } -> std::same_as<typename E::F32>;
  { e.f64(1.0) } -> std::same_as<typename E::F64>;
  { e.i32(std::int32_t{1}) } -> std::same_as<typename E::I32>;
  { e.i64(std::int64_t{1}) } -> std::same_as<typename E::I64>;
  { e.fma(f, f, f) } -> std::same_as<typename E::F32>;
  { e.fma(d, d, d) } -> std::same_as<typename E::F64>;
  { e.lt(f, f) } -> std::same_as<typename E::M32>;
  { e.lt(d, d) } -> std::same_as<typename E::M64>;
  { e.select(m, f, f) } -> std::same_as<typename E::F32>;
  { e.select(n, l, l) } -> std::same_as<typename E::I64>;
  { e.bit_not(m) } -> std::same_as<typename E::M32>;
  { e.to_bits(f) } -> std::same_as<typename E::I32>;
  { e.from_bits(l) } -> std::same_as<typename E::F64>;
  { e.shl(i, i) } -> std::same_as<typename E::I32>;
  { e.ashr(l, l) } -> std::same_as<typename E::I64>;
  { e.quotient(l, l) } -> std::same_as<typename E::I64>;
  { e.mulhi(i, i) } -> std::same_as<typename E::I32>;
  { e.ldexp(d, d) } -> std::same_as<typename E::F64>;
  { e.split(f).first } -> std::convertible_to<typename E::F32>;
  { e.lookup(i, ftable) } -> std::same_as<typename E::F32>;
  { e.lookup(l, dtable) } -> std::same_as<typename E::F64>;
  { e.to_f64(l) } -> std::same_as<typename E::F64>;
  { e.to_i64(i) } -> std::same_as<typename E::I64>;
  { e.to_m32(n) } -> std::same_as<typename E::M32>;
};

template <class V, class E>
concept FloatOf = std::same_as<V, typename E::F32> || std::same_as<V, typename E::F64>;
template <class V, class E>
concept IntOf = std::same_as<V, typename E::I32> || std::same_as<V, typename E::I64>;

/// What a function needs to know of the format of a float value type.
template <class E, FloatOf<E> V> struct Format {
  static constexpr bool is_f32 = std::same_as<V, typename E::F32>;
  using Element = std::conditional_t<is_f32, float, double>;
  using Int = std::conditional_t<is_f32, typename E::I32, typename E::I64>;
  using Mask = std::conditional_t<is_f32, typename E::M32, typename E::M64>;
  static constexpr int mantissa_bits = is_f32 ? 23 : 52;
  static constexpr int bias = is_f32 ? 127 : 1023;
  static constexpr Element smallest_normal = std::numeric_limits<Element>::min();
  static constexpr Element infinity = std::numeric_limits<Element>::infinity();
  static constexpr Element nan = std::numeric_limits<Element>::quiet_NaN();
  /// Adding it to a small float leaves the nearest integer in the lowest bits of the sum.
  static constexpr Element round_shift = is_f32 ? Element(0x1.8p23) : Element(0x1.8p52);
  /// round_shift with two biases more: what `ldexp` expects to be added to its exponent.
  static constexpr Element ldexp_shift = round_shift + 2 * bias;
  static constexpr std::int64_t one_bits = std::int64_t{bias} << mantissa_bits;
};

/// The value that carries elements of the C++ type T. bool is a mask, whatever it was compared
/// from; narrow integers lie in wider lanes (Storage.h).
template <class E, class T> struct ValueOf;
template <class E, std::integral T> struct ValueOf<E, T> {
  using Type = std::conditional_t<sizeof(T) <= 2 || std::same_as<T, std::int32_t>, typename E::I32,
                                  typename E::I64>;
};
template <class E> struct ValueOf<E, bool> {
  using Type = typename E::M32;
};
template <class E> struct ValueOf<E, float> {
  using Type = typename E::F32;
};
template <class E> struct ValueOf<E, double> {
  using Type = typename E::F64;
};
template <class E, class T> using Value = typename ValueOf<E, T>::Type;

/// The constant c in the float type V, rounded once.
template <class V, class E> TRACEJIT_EMIT V constant(E &e, double c) {
  if constexpr (std::same_as<V, typename E::F32>)
    return e.f32(static_cast<float>(c));
  else
    return e.f64(c);
}

template <class V, class E> TRACEJIT_EMIT V int_constant(E &e, std::int64_t c) {
  if constexpr (std::same_as<V, typename E::I32>)
    return e.i32(static_cast<std::int32_t>(c));
  else
    return e.i64(c);
}

/// The integer that has only the sign bit of V.
template <class E, FloatOf<E> V> TRACEJIT_EMIT typename Format<E, V>::Int sign_bit(E &e) {
  if constexpr (Format<E, V>::is_f32)
    return e.i32(std::numeric_limits<std::int32_t>::min());
  else
    return e.i64(std::numeric_limits<std::int64_t>::min());
}

/// The magnitude (sign bit clear) with the sign of x.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V copy_sign(E &e, V magnitude, V x) {
  auto magnitude_bits = e.to_bits(magnitude);
  auto bits = e.to_bits(x);
  auto sign = e.bit_and(bits, sign_bit<E, V>(e));
  auto signed_bits = e.bit_or(magnitude_bits, sign);
  return e.from_bits(signed_bits);
}

/// c[0] + x * (c[1] + x * (... + x * c[n-1])) by Horner's rule.
template <class E, class V, class T, int n> TRACEJIT_EMIT V polynomial(E &e, V x, const T (&c)[n]) {
  V sum = constant<V>(e, c[n - 1]);
  for (int i = n - 2; i >= 0; --i)
    sum = e.fma(sum, x, constant<V>(e, c[i]));
  return sum;
}

/// c[from] + c[from + 1] * x + ... by Horner's rule in x^2 over pairs c[i] + c[i + 1] * x: as many
/// fma as `polynomial` in half as long a chain, and one rounding more at the end.
template <int from = 0, class E, class V, class T, int n>
TRACEJIT_EMIT V polynomial_by_pairs(E &e, V x, V x_squared, const T (&c)[n]) {
  int i = n - 2 + (n - from) % 2;
  V sum = constant<V>(e, c[n - 1]);
  if (i == n - 2)
    sum = e.fma(sum, x, constant<V>(e, c[i]));
  for (i -= 2; i >= from; i -= 2) {
    auto pair = e.fma(constant<V>(e, c[i + 1]), x, constant<V>(e, c[i]));
    sum = e.fma(sum, x_squared, pair);
  }
  return sum;
}

/// As polynomial_by_pairs, but c[0] is added last, with one rounding.
template <class E, class V, class T, int n>
TRACEJIT_EMIT V polynomial_rounded_once(E &e, V x, V x_squared, const T (&c)[n]) {
  auto beyond_constant = polynomial_by_pairs<1>(e, x, x_squared, c);
  return e.fma(beyond_constant, x, constant<V>(e, c[0]));
}

} // namespace jit::scalar
