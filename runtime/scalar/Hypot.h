// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// hypot of f32 and f64.
#pragma once

#include "runtime/scalar/Emitter.h"

namespace jit::scalar {

/// sqrt(x^2 + y^2) in f64, where nothing overflows.
template <class E>
TRACEJIT_EMIT typename E::F32 finite_hypot(E &e, typename E::F32 a, typename E::F32 b) {
  auto wide_a = e.to_f64(a);
  auto wide_b = e.to_f64(b);
  auto b_squared = e.mul(wide_b, wide_b);
  auto sum = e.fma(wide_a, wide_a, b_squared);
  auto root = e.sqrt(sum);
  return e.to_f32(root);
}
/// The same with both scaled by the power of two in the larger one, within 2^1000 and 2^-1000.
template <class E>
TRACEJIT_EMIT typename E::F64 finite_hypot(E &e, typename E::F64 a, typename E::F64 b) {
  auto b_larger = e.lt(a, b);
  auto larger = e.select(b_larger, b, a);
  auto upper = e.f64(0x1p1000), lower = e.f64(0x1p-1000);
  auto too_large = e.lt(upper, larger);
  auto capped = e.select(too_large, upper, larger);
  auto too_small = e.lt(capped, lower);
  auto clamped = e.select(too_small, lower, capped);
  auto bits = e.to_bits(clamped);
  auto power_bits = e.bit_and(bits, e.i64(0x7ff0000000000000));
  auto scale_bits = e.sub(e.i64(0x7fe0000000000000), power_bits);
  auto power = e.from_bits(power_bits);
  auto scale = e.from_bits(scale_bits);
  auto scaled_a = e.mul(a, scale);
  auto scaled_b = e.mul(b, scale);
  auto b_squared = e.mul(scaled_b, scaled_b);
  auto sum = e.fma(scaled_a, scaled_a, b_squared);
  auto root = e.sqrt(sum);
  return e.mul(root, power);
}

/// Length of the vector (x, y); infinity beats NaN.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V hypot(E &e, V x, V y) {
  auto infinity = constant<V>(e, Format<E, V>::infinity);
  auto a = e.abs(x);
  auto b = e.abs(y);
  auto length = finite_hypot(e, a, b);
  auto a_infinite = e.eq(a, infinity);
  auto b_infinite = e.eq(b, infinity);
  auto is_infinite = e.bit_or(a_infinite, b_infinite);
  return e.select(is_infinite, infinity, length);
}

} // namespace jit::scalar
