// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions that make tensors of numbers.
#include "runtime/eager/Dispatch.h"
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
  return dispatch(OpKind::full, attrs.encode(), value);
}

Tensor zeros(DimList shape, DType dtype, source_location site) {
  return full(shape, Operand(0, site), dtype);
}
Tensor ones(DimList shape, DType dtype, source_location site) {
  return full(shape, Operand(1, site), dtype);
}

/// Integers as they are; for floating dtypes the bits of doubles.
static std::int64_t arange_word(const Scalar &number, DType dtype) {
  return is_float(dtype) ? std::bit_cast<std::int64_t>(number.as_double()) : number.as_int();
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
  return detail::dispatch_at(site, OpKind::arange, attrs.encode());
}

Tensor arange(Scalar stop, source_location site) { return arange(0, stop, 1, {}, site); }

} // namespace jit
