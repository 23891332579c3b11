// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Activations and repairs of values, written with elementwise ops.
#include "runtime/eager/functions/AxisArguments.h"

#include <tracejit/ops.h>

#include <limits>

namespace jit {

using std::source_location;

static source_location site_of(const Operand &x) { return detail::Access::site(x); }

/// A second handle, for what is read twice.
static Tensor tensor_of(std::string_view function, const Operand &x) {
  detail::tensor_meta(function, x); // refuses numbers
  return detail::Access::tensor_of(x);
}

Tensor positive(Operand x) {
  if (detail::tensor_meta("positive", x).dtype == DType::boolean)
    throw Error(ErrorCode::invalid_argument, "positive: bool has no sign", site_of(x));
  return detail::Access::tensor_of(x);
}

Tensor relu6(Operand x) {
  const source_location site = site_of(x);
  return clip(std::move(x), Operand(0, site), Operand(6, site));
}

Tensor hardtanh(Operand x, double low, double high) {
  const source_location site = site_of(x);
  return clip(std::move(x), Operand(low, site), Operand(high, site));
}

Tensor hardshrink(Operand x, double bound) {
  const source_location site = site_of(x);
  const Tensor value = tensor_of("hardshrink", x);
  const Tensor magnitude = abs(std::move(x));
  const Tensor small = less_equal(Operand(magnitude, site), Operand(bound, site));
  return where(Operand(small, site), Operand(0, site), Operand(value, site));
}

Tensor softshrink(Operand x, double bound) {
  const source_location site = site_of(x);
  const Tensor value = tensor_of("softshrink", x);
  const Tensor inside = clip(std::move(x), Operand(-bound, site), Operand(bound, site));
  return subtract(Operand(value, site), Operand(inside, site));
}

Tensor tanhshrink(Operand x) {
  const source_location site = site_of(x);
  const Tensor value = tensor_of("tanhshrink", x);
  const Tensor t = tanh(std::move(x));
  return subtract(Operand(value, site), Operand(t, site));
}

Tensor threshold(Operand x, double bound, double otherwise) {
  const source_location site = site_of(x);
  const Tensor value = tensor_of("threshold", x);
  const Tensor above = greater(std::move(x), Operand(bound, site));
  return where(Operand(above, site), Operand(value, site), Operand(otherwise, site));
}

Tensor nan_to_num(Operand x, double nan, std::optional<double> positive,
                  std::optional<double> negative) {
  const source_location site = site_of(x);
  const Tensor value = tensor_of("nan_to_num", x);
  if (!is_float(value.dtype()))
    return value;
  const double largest = value.dtype() == DType::f64 ? std::numeric_limits<double>::max()
                                                     : std::numeric_limits<float>::max();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Tensor is_top = equal(Operand(value, site), Operand(infinity, site));
  const Tensor is_bottom = equal(Operand(value, site), Operand(-infinity, site));
  const Tensor is_nan = isnan(std::move(x));
  const Tensor topped =
      where(Operand(is_top, site), Operand(positive.value_or(largest), site), Operand(value, site));
  const Tensor bounded = where(Operand(is_bottom, site), Operand(negative.value_or(-largest), site),
                               Operand(topped, site));
  return where(Operand(is_nan, site), Operand(nan, site), Operand(bounded, site));
}

} // namespace jit
