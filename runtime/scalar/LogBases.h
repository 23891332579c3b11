// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// log2 and log10 of f32 and f64, nearly correctly rounded so that powers of the base are exact.
#pragma once

#include "runtime/scalar/Log.h"

namespace jit::scalar {

/// 1 / ln b and log_b 2 in two parts each; the first part of log_b 2 is short enough that its
/// product with an exponent is exact.
template <class E, FloatOf<E> V> struct Base2 {
  static constexpr bool is_f32 = Format<E, V>::is_f32;
  static constexpr double slope_high = is_f32 ? 0x1.715476p+0 : 0x1.71547652b82fep+0;
  static constexpr double slope_low = is_f32 ? 0x1.4ae0cp-26 : 0x1.777d0ffda0d24p-56;
  static constexpr double step_high = 1;
  static constexpr double step_low = 0;
};
template <class E, FloatOf<E> V> struct Base10 {
  static constexpr bool is_f32 = Format<E, V>::is_f32;
  static constexpr double slope_high = is_f32 ? 0x1.bcb7b2p-2 : 0x1.bcb7b1526e50ep-2;
  static constexpr double slope_low = is_f32 ? -0x1.5b235ep-27 : 0x1.95355baaafad3p-57;
  static constexpr double step_high = is_f32 ? 0x1.344p-2 : 0x1.34413509f78p-2;
  static constexpr double step_low = is_f32 ? 0x1.3509f8p-18 : 0x1.fef311f12b358p-46;
};

/// The logarithm to a base: the exponent's part and f / ln b in full, what else there is rounded.
template <class E, FloatOf<E> V, class Base> TRACEJIT_EMIT V log_to_base(E &e, V x, Base) {
  auto [mantissa, exponent] = e.split(x);
  auto f = e.sub(mantissa, constant<V>(e, 1.0));
  // log(1 + f) = f + beyond_f
  V beyond_f = f;
  if constexpr (Format<E, V>::is_f32) {
    auto f_squared = e.mul(f, f);
    auto quadratic = log_quadratic(e, f, f_squared);
    beyond_f = e.mul(f_squared, quadratic);
  } else {
    auto series = log_series(e, f);
    auto minus_half_square = e.neg(series.half_square);
    beyond_f = e.fma(series.s, series.beyond_2s, minus_half_square);
  }
  auto slope = constant<V>(e, Base::slope_high);
  auto product = e.mul(f, slope);
  auto minus_product = e.neg(product);
  auto product_lost = e.fma(f, slope, minus_product);
  V whole = exponent;
  V low = e.fma(f, constant<V>(e, Base::slope_low), product_lost);
  if constexpr (Base::step_low != 0) {
    whole = e.mul(exponent, constant<V>(e, Base::step_high));
    low = e.fma(exponent, constant<V>(e, Base::step_low), low);
  }
  auto rest = e.fma(beyond_f, slope, low);
  auto leading = e.add(whole, product);
  auto kept = e.sub(leading, whole);
  auto lost = e.sub(product, kept);
  auto correction = e.add(lost, rest);
  auto sum = e.add(leading, correction);
  // Infinities have no correction.
  auto is_number = e.eq(sum, sum);
  return e.select(is_number, sum, leading);
}

/// Logarithm to the base 2, exact for powers of 2.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V log2(E &e, V x) {
  return log_to_base(e, x, Base2<E, V>());
}
/// Logarithm to the base 10, exact for powers of 10.
template <class E, FloatOf<E> V> TRACEJIT_EMIT V log10(E &e, V x) {
  return log_to_base(e, x, Base10<E, V>());
}

} // namespace jit::scalar
