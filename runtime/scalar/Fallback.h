// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Primitives of the Emitter concept that AVX-512 has as instructions, in terms of the others. They
// give the bits of those instructions.
#pragma once

#include "runtime/scalar/Emitter.h"

namespace jit::scalar {

/// x * 2^n by two powers of two of about half the exponent: wherever the result is not zero the
/// first product is exact, so only the second rounds. Integers stay in the low bits of floats,
/// because AVX2 converts no f64 to i64.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V ldexp_by_halves(E &e, V x, V n) {
  using F = Format<E, V>;
  auto shift = constant<V>(e, F::round_shift + F::bias);
  auto first_shifted = e.fma(n, constant<V>(e, 0.5), shift);
  auto first = e.sub(first_shifted, shift);
  auto second = e.sub(n, first);
  auto second_shifted = e.add(second, shift);
  auto first_low = e.to_bits(first_shifted);
  auto second_low = e.to_bits(second_shifted);
  auto first_bits = e.shl(first_low, F::mantissa_bits);
  auto second_bits = e.shl(second_low, F::mantissa_bits);
  auto first_power = e.from_bits(first_bits);
  auto second_power = e.from_bits(second_bits);
  auto partial = e.mul(x, first_power);
  return e.mul(partial, second_power);
}

/// Mantissa in [3/4, 3/2) and exponent from the bits; subnormals are scaled up first. Zero and
/// infinity give the mantissa 1 by themselves.
template <class E, FloatOf<E> V> TRACEJIT_EMIT std::pair<V, V> split_by_bits(E &e, V x) {
  using F = Format<E, V>;
  using Int = typename F::Int;
  constexpr int digits = F::mantissa_bits + 1;
  constexpr typename F::Element lift = typename F::Element(std::int64_t{1} << digits);
  // An exponent k as an integer becomes the float 2^mantissa_bits + k by setting the bits above.
  constexpr std::int64_t whole_bits = (std::int64_t{F::bias} + F::mantissa_bits)
                                      << F::mantissa_bits;
  constexpr double whole = F::is_f32 ? 0x1p23 : 0x1p52;

  auto tiny = e.lt(x, constant<V>(e, F::smallest_normal));
  auto lifted = e.mul(x, constant<V>(e, lift));
  auto normal = e.select(tiny, lifted, x);
  auto bits = e.to_bits(normal);
  // One half of the exponent step moves [3/4, 3/2) onto one exponent.
  auto moved = e.add(bits, int_constant<Int>(e, std::int64_t{1} << (F::mantissa_bits - 1)));
  auto biased = e.lshr(moved, F::mantissa_bits);
  auto power = e.shl(biased, F::mantissa_bits);
  auto unscaled = e.sub(bits, power);
  auto mantissa_bits = e.add(unscaled, int_constant<Int>(e, F::one_bits));
  auto mantissa = e.from_bits(mantissa_bits);

  auto offset =
      e.select(tiny, constant<V>(e, whole + F::bias + digits), constant<V>(e, whole + F::bias));
  auto exponent_bits = e.bit_or(biased, int_constant<Int>(e, whole_bits));
  auto exponent_shifted = e.from_bits(exponent_bits);
  auto finite_exponent = e.sub(exponent_shifted, offset);

  auto zero = e.eq(x, constant<V>(e, 0.0));
  auto below = e.select(zero, constant<V>(e, -F::infinity), finite_exponent);
  auto infinite = e.eq(x, constant<V>(e, F::infinity));
  auto exponent = e.select(infinite, constant<V>(e, F::infinity), below);
  auto in_domain = e.le(constant<V>(e, 0.0), x);
  auto checked_mantissa = e.select(in_domain, mantissa, constant<V>(e, F::nan));
  return {checked_mantissa, exponent};
}

} // namespace jit::scalar
