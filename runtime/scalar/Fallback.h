// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Primitives of the Emitter concept that AVX-512 has as instructions, in terms of the others. They
// give the bits of those instructions.
#pragma once

#include "runtime/scalar/Emitter.h"

namespace jit::scalar {

/// x * 2^n by two powers of two of about half the exponent: wherever the result is not zero the
/// first product is exact, so only the second rounds. The low bits of `shifted` are n plus two
/// biases; each half of them is the exponent field of a power.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V ldexp_by_halves(E &e, V x, V shifted) {
  using F = Format<E, V>;
  auto both = e.to_bits(shifted);
  auto first = e.lshr(both, 1);
  auto second = e.sub(both, first);
  auto first_bits = e.shl(first, F::mantissa_bits);
  auto second_bits = e.shl(second, F::mantissa_bits);
  auto first_power = e.from_bits(first_bits);
  auto second_power = e.from_bits(second_bits);
  auto partial = e.mul(x, first_power);
  return e.mul(partial, second_power);
}

/// Mantissa in [3/4, 3/2) and exponent of a normal number from the bits.
template <class E> TRACEJIT_EMIT auto split_normal(E &e, typename E::F32 x) {
  using F = Format<E, typename E::F32>;
  auto bits = e.to_bits(x);
  // Counted from 3/4, [3/4, 3/2) has one exponent.
  auto from_three_quarters = e.sub(bits, e.i32(0x3f400000));
  auto whole = e.ashr(from_three_quarters, F::mantissa_bits);
  auto power = e.shl(whole, F::mantissa_bits);
  auto mantissa_bits = e.sub(bits, power);
  auto mantissa = e.from_bits(mantissa_bits);
  auto exponent = e.to_f32(whole);
  return std::pair(mantissa, exponent);
}
/// The same without what AVX2 lacks: arithmetic shifts and conversions of 64-bit integers.
template <class E> TRACEJIT_EMIT auto split_normal(E &e, typename E::F64 x) {
  using F = Format<E, typename E::F64>;
  auto bits = e.to_bits(x);
  auto moved = e.add(bits, e.i64(std::int64_t{1} << (F::mantissa_bits - 1)));
  auto biased = e.lshr(moved, F::mantissa_bits);
  auto power = e.shl(biased, F::mantissa_bits);
  auto unscaled = e.sub(bits, power);
  auto mantissa_bits = e.add(unscaled, e.i64(F::one_bits));
  auto mantissa = e.from_bits(mantissa_bits);
  // Below the bits of 2^52 an integer makes the float 2^52 + integer.
  auto exponent_bits = e.bit_or(biased, e.i64(0x4330000000000000));
  auto exponent_shifted = e.from_bits(exponent_bits);
  auto exponent = e.sub(exponent_shifted, e.f64(0x1p52 + F::bias));
  return std::pair(mantissa, exponent);
}

/// Subnormals are scaled up first. Zero and infinity give the mantissa 1 by themselves.
template <class E, FloatOf<E> V> TRACEJIT_EMIT std::pair<V, V> split_by_bits(E &e, V x) {
  using F = Format<E, V>;
  constexpr int digits = F::mantissa_bits + 1;
  constexpr typename F::Element lift = typename F::Element(std::int64_t{1} << digits);
  auto tiny = e.lt(x, constant<V>(e, F::smallest_normal));
  auto lifted = e.mul(x, constant<V>(e, lift));
  auto normal = e.select(tiny, lifted, x);
  auto [mantissa, normal_exponent] = split_normal(e, normal);
  auto offset = e.select(tiny, constant<V>(e, digits), constant<V>(e, 0.0));
  auto finite_exponent = e.sub(normal_exponent, offset);

  auto zero = e.eq(x, constant<V>(e, 0.0));
  auto below = e.select(zero, constant<V>(e, -F::infinity), finite_exponent);
  auto infinite = e.eq(x, constant<V>(e, F::infinity));
  auto exponent = e.select(infinite, constant<V>(e, F::infinity), below);
  auto in_domain = e.le(constant<V>(e, 0.0), x);
  auto checked_mantissa = e.select(in_domain, mantissa, constant<V>(e, F::nan));
  return {checked_mantissa, exponent};
}

} // namespace jit::scalar
