// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// log1p and logaddexp of f32 and f64.
#pragma once

#include "runtime/scalar/Basic.h"
#include "runtime/scalar/Fallback.h"
#include "runtime/scalar/Log.h"

namespace jit::scalar {

/// log(sum + lost) + extra * ln 2, where sum is rounded from 1 + ... and `lost` is what that
/// rounding took; `mantissa` and `exponent` are those of sum. Scaled like the sum, `lost` enters
/// f = mantissa - 1, which is so rounded once, and of 1 + x where the exponent is 0 not at all.
/// What f loses is added if the arguments carry errors of their own already.
template <bool keep_rest, class E, FloatOf<E> V>
TRACEJIT_EMIT V log_of_split_sum(E &e, V sum, V lost, V mantissa, V exponent, V extra) {
  using F = Format<E, V>;
  auto leading = e.sub(mantissa, constant<V>(e, 1.0));
  // The low bits are the exponent field of 2^-exponent, of use only for moderate sums.
  auto shifted = e.sub(constant<V>(e, F::round_shift + F::bias), exponent);
  auto shifted_bits = e.to_bits(shifted);
  auto scale_bits = e.shl(shifted_bits, F::mantissa_bits);
  auto scale = e.from_bits(scale_bits);
  auto whole = e.fma(lost, scale, leading);
  auto is_large = e.le(constant<V>(e, 0x1p60), sum);
  auto f = e.select(is_large, leading, whole);
  auto all_exponent = e.add(exponent, extra);
  if constexpr (keep_rest) {
    auto kept = e.sub(leading, f);
    auto moderate_rest = e.fma(lost, scale, kept);
    auto rest = e.select(is_large, constant<V>(e, 0.0), moderate_rest);
    return log_of_parts_and_rest(e, f, all_exponent, rest);
  } else {
    return log_of_parts(e, f, all_exponent);
  }
}
/// The same of a sum that is at least 1 or NaN, of which fewer steps tell mantissa and exponent.
template <bool keep_rest = false, class E, FloatOf<E> V>
TRACEJIT_EMIT V log_of_sum_above_1(E &e, V sum, V lost, V extra) {
  auto infinity = constant<V>(e, Format<E, V>::infinity);
  auto [mantissa, finite_exponent] = split_normal(e, sum);
  auto is_infinite = e.eq(sum, infinity);
  auto exponent = e.select(is_infinite, infinity, finite_exponent);
  return log_of_split_sum<keep_rest>(e, sum, lost, mantissa, exponent, extra);
}

/// log(1 + x), exact for tiny x; NaN below -1.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V log1p(E &e, V x) {
  auto one = constant<V>(e, 1.0);
  auto sum = e.add(x, one);
  auto kept = e.sub(sum, one);
  auto lost = e.sub(x, kept);
  auto [mantissa, exponent] = e.split(sum);
  auto result = log_of_split_sum<false>(e, sum, lost, mantissa, exponent, constant<V>(e, 0.0));
  return copy_sign(e, result, x);
}

/// log(e^x + e^y) = m + log1p(e^d), m the larger one, d the smaller one less m; of equal ones
/// x + log 2, which gives equal infinities. The error is relative to the largest of |x|, |y|, what
/// is added to m and the result, which may cancel.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V logaddexp(E &e, V x, V y) {
  auto larger = maximum(e, x, y);
  auto smaller = minimum(e, x, y);
  auto difference = e.sub(smaller, larger);
  auto power = exp(e, difference);
  auto beyond = log1p(e, power);
  auto sum = e.add(larger, beyond);
  auto doubled = e.add(x, constant<V>(e, 0x1.62e42fefa39efp-1));
  auto is_equal = e.eq(x, y);
  return e.select(is_equal, doubled, sum);
}

} // namespace jit::scalar
