// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Conversions between the dtypes: int to float rounds once; float to int truncates, saturates and
// maps NaN to 0; anything to bool is x != 0, so NaN is true; int to int wraps.
#pragma once

#include "runtime/scalar/Storage.h"

namespace jit::scalar {

/// NaN becomes 0, and the rest is brought into [low, high].
template <class E, FloatOf<E> V> TRACEJIT_EMIT V saturate(E &e, V x, double low, double high) {
  auto too_small = e.lt(x, constant<V>(e, low));
  auto raised = e.select(too_small, constant<V>(e, low), x);
  auto too_large = e.lt(constant<V>(e, high), raised);
  auto clamped = e.select(too_large, constant<V>(e, high), raised);
  auto is_number = e.eq(x, x);
  return e.select(is_number, clamped, constant<V>(e, 0.0));
}

template <class E> TRACEJIT_EMIT typename E::I64 saturated_i64(E &e, typename E::F64 x) {
  using V = typename E::F64;
  // The largest double below 2^63; what lies above is replaced after the conversion.
  auto fitting = saturate(e, x, -0x1p63, 0x1.fffffffffffffp62);
  auto truncated = e.to_i64(fitting);
  auto too_large = e.le(constant<V>(e, 0x1p63), x);
  return e.select(too_large, e.i64(std::numeric_limits<std::int64_t>::max()), truncated);
}

template <class To, class E, FloatOf<E> V> TRACEJIT_EMIT Value<E, To> cast_float(E &e, V x) {
  constexpr bool is_f32 = std::same_as<V, typename E::F32>;
  if constexpr (std::same_as<To, bool>) {
    auto nonzero = e.ne(x, constant<V>(e, 0.0));
    return as_bool(e, nonzero);
  } else if constexpr (std::integral<To> && sizeof(To) < 4) {
    using L = std::numeric_limits<To>;
    auto fitting = saturate(e, x, L::min(), L::max());
    return e.to_i32(fitting);
  } else if constexpr (std::same_as<To, float>) {
    return e.to_f32(x);
  } else if constexpr (is_f32) {
    auto wide = e.to_f64(x);
    if constexpr (std::same_as<To, double>)
      return wide;
    else
      return cast_float<To>(e, wide);
  } else if constexpr (std::same_as<To, std::int32_t>) {
    auto fitting = saturate(e, x, -0x1p31, 0x1p31 - 1);
    return e.to_i32(fitting);
  } else if constexpr (std::same_as<To, std::uint32_t>) {
    auto fitting = saturate(e, x, 0.0, 0x1p32 - 1);
    return e.to_i64(fitting);
  } else {
    static_assert(std::same_as<To, std::int64_t>);
    return saturated_i64(e, x);
  }
}

template <class To, class E, IntOf<E> V> TRACEJIT_EMIT Value<E, To> cast_int(E &e, V x) {
  if constexpr (std::same_as<To, bool>) {
    auto nonzero = e.ne(x, zero<V>(e));
    return as_bool(e, nonzero);
  } else if constexpr (std::same_as<Value<E, To>, V>) {
    return normalise<To>(e, x);
  } else if constexpr (std::same_as<Value<E, To>, typename E::I32>) {
    auto low = e.to_i32(x);
    return normalise<To>(e, low);
  } else if constexpr (std::same_as<Value<E, To>, typename E::I64>) {
    auto wide = e.to_i64(x);
    return normalise<To>(e, wide);
  } else if constexpr (std::same_as<To, float>) {
    return e.to_f32(x);
  } else {
    return e.to_f64(x);
  }
}

template <class To, class E> TRACEJIT_EMIT Value<E, To> cast_bool(E &e, typename E::M32 x) {
  if constexpr (std::same_as<To, float>) {
    return e.select(x, e.f32(1.0f), e.f32(0.0f));
  } else if constexpr (std::same_as<To, double>) {
    auto wide = e.to_m64(x);
    return e.select(wide, e.f64(1.0), e.f64(0.0));
  } else if constexpr (std::same_as<Value<E, To>, typename E::I64>) {
    auto wide = e.to_m64(x);
    return e.select(wide, e.i64(1), e.i64(0));
  } else {
    return e.select(x, e.i32(1), e.i32(0));
  }
}

/// x, which holds elements of any type, as elements of the C++ type To.
template <class To, class E, class V> TRACEJIT_EMIT Value<E, To> cast(E &e, V x) {
  if constexpr (std::same_as<V, typename E::M32>) {
    if constexpr (std::same_as<To, bool>)
      return x;
    else
      return cast_bool<To>(e, x);
  } else if constexpr (FloatOf<V, E>) {
    if constexpr (std::same_as<V, Value<E, To>>)
      return x;
    else
      return cast_float<To>(e, x);
  } else {
    return cast_int<To>(e, x);
  }
}

} // namespace jit::scalar
