// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions that make tensors of numbers.
#include "runtime/eager/Dispatch.h"
#include "runtime/eager/Numbers.h"
#include "runtime/eager/functions/AxisArguments.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/ops/Attributes.h"

#include <tracejit/ops.h>

#include <bit>

namespace jit {

using detail::dispatch;
using std::source_location;

Tensor full(DimList shape, Operand value, std::optional<DType> dtype) {
  const ScalarKind kind = detail::Access::is_scalar(value) ? detail::Access::scalar(value).kind()
                                                           : ScalarKind::integer; // refused below
  const FullAttrs attrs{shape, dtype.value_or(default_dtype(kind))};
  detail::settle_fill("full", value, attrs.dtype);
  return dispatch(OpKind::full, attrs.encode(), value);
}

Tensor zeros(DimList shape, DType dtype, source_location site) {
  return full(shape, Operand(0, site), dtype);
}
Tensor ones(DimList shape, DType dtype, source_location site) {
  return full(shape, Operand(1, site), dtype);
}

Tensor empty(DimList shape, DType dtype, source_location site) { return zeros(shape, dtype, site); }

Tensor full_like(Operand x, Operand value, std::optional<DType> dtype) {
  const Meta &meta = detail::tensor_meta("full_like", x);
  if (!detail::Access::is_scalar(value))
    throw Error(ErrorCode::invalid_argument, "full_like: the value must be a number",
                detail::Access::site(x));
  detail::settle_fill("full_like", value, dtype.value_or(meta.dtype));
  const WhereItLies there(meta);
  return full(DimList(meta.dims()), std::move(value), dtype.value_or(meta.dtype));
}

static Tensor filled_like(std::string_view function, const Operand &x, int value,
                          std::optional<DType> dtype) {
  const Meta &meta = detail::tensor_meta(function, x);
  const WhereItLies there(meta);
  return full(DimList(meta.dims()), Operand(value, detail::Access::site(x)),
              dtype.value_or(meta.dtype));
}
Tensor zeros_like(Operand x, std::optional<DType> dtype) {
  return filled_like("zeros_like", x, 0, dtype);
}
Tensor ones_like(Operand x, std::optional<DType> dtype) {
  return filled_like("ones_like", x, 1, dtype);
}
Tensor empty_like(Operand x, std::optional<DType> dtype) {
  return filled_like("empty_like", x, 0, dtype);
}

/// Integers as they are; for floating dtypes the bits of doubles.
static std::int64_t arange_word(const Scalar &number, DType dtype) {
  return is_float(dtype) ? std::bit_cast<std::int64_t>(number.as_double()) : number.as_int();
}

/// Integers in a dtype that holds the first and the last of them.
static void check_ends(const ArangeAttrs &attrs, const source_location &site) {
  if (!is_integer(attrs.dtype) || attrs.step == 0 || attrs.start == attrs.stop ||
      (attrs.start < attrs.stop) != (attrs.step > 0))
    return; // none, or refused
  const auto apart = [](std::int64_t low, std::int64_t high) {
    return static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  };
  const std::uint64_t distance =
      attrs.step > 0 ? apart(attrs.start, attrs.stop) : apart(attrs.stop, attrs.start);
  const std::uint64_t step = attrs.step > 0 ? apart(0, attrs.step) : apart(attrs.step, 0);
  const std::uint64_t way = (distance - 1) / step * step;
  const auto start = static_cast<std::uint64_t>(attrs.start);
  Operand first(attrs.start, site);
  Operand last(static_cast<std::int64_t>(attrs.step > 0 ? start + way : start - way), site);
  detail::settle_fill("arange", first, attrs.dtype);
  detail::settle_fill("arange", last, attrs.dtype);
}

Tensor arange(Scalar start, Scalar stop, Scalar step, std::optional<DType> dtype,
              source_location site) {
  const MxcsrGuard environment; // numbers are converted
  bool floating = false;
  for (const Scalar &number : {start, stop, step})
    floating |= number.kind() == ScalarKind::floating;
  const DType type = dtype.value_or(floating ? DType::f32 : DType::i64);
  const ArangeAttrs attrs{arange_word(start, type), arange_word(stop, type),
                          arange_word(step, type), type};
  check_ends(attrs, site);
  return detail::dispatch_at(site, OpKind::arange, attrs.encode());
}

Tensor arange(Scalar stop, source_location site) { return arange(0, stop, 1, {}, site); }

} // namespace jit
