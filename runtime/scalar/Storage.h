// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The seam between dtypes in memory and the lanes they are computed in. Loads widen; after every
// function a lane again holds a value of its dtype (normalise); stores narrow. So functions are
// written for five kinds of lanes: bool as M32; i8, u8, i16, u16 and i32 as I32; u32 and i64 as
// I64, where no u32 needs unsigned operations; F32; F64.
#pragma once

#include "runtime/scalar/Basic.h"

#include <tracejit/dtype.h>

namespace jit::scalar {

/// The dtype that fills the lanes in which elements of `dtype` are computed.
constexpr DType lane_dtype(DType dtype) noexcept {
  if (dtype == DType::u32)
    return DType::i64;
  return is_integer(dtype) && itemsize(dtype) < 4 ? DType::i32 : dtype;
}

/// Integers of which a lane has more bits than they need.
template <class T>
concept NarrowElement =
    std::integral<T> && !std::same_as<T, bool> && (sizeof(T) < 4 || std::same_as<T, std::uint32_t>);

/// Tells a function of I32 lanes that its operands and its result are elements of the type T: for
/// functions whose result depends on the width, or that are faster for few bits.
template <class T>
  requires(NarrowElement<T> && sizeof(T) < 4)
struct Narrow {
  static constexpr int width = 8 * int(sizeof(T));
  static constexpr int value_bits = width - std::signed_integral<T>;
};

/// The low bits of an integer as a value of T: wraps.
template <class T, class E, class V> TRACEJIT_EMIT V normalise(E &e, V x) {
  if constexpr (!NarrowElement<T> || !IntOf<V, E>) {
    return x;
  } else if constexpr (std::unsigned_integral<T>) {
    return e.bit_and(x, int_constant<V>(e, std::numeric_limits<T>::max()));
  } else {
    constexpr int unused = 32 - 8 * int(sizeof(T));
    auto high = e.shl(x, unused);
    return e.ashr(high, unused);
  }
}

/// Function::apply(e, v...) of elements of type T, by the form that is told the type if there is
/// one.
template <class T, class Function, class E, class... V> TRACEJIT_EMIT auto apply_to(E &e, V... v) {
  if constexpr (requires { Function::apply(e, v..., Narrow<T>()); }) {
    auto result = Function::apply(e, v..., Narrow<T>());
    return normalise<T>(e, result);
  } else {
    auto result = Function::apply(e, v...);
    return normalise<T>(e, result);
  }
}

} // namespace jit::scalar
