// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scans, and differences of neighbours.
#include "runtime/eager/functions/AxisArguments.h"
#include "runtime/eager/functions/Parts.h"
#include "runtime/ops/Attributes.h"

#include <tracejit/ops.h>

namespace jit {

using detail::axis_of;
using detail::dispatch;
using detail::tensor_meta;
using std::source_location;

namespace {

std::int64_t scanned_axis(OpKind op, const Operand &x, const Scan &options) {
  const Meta &meta = tensor_meta(op, x);
  if (!options.axis && meta.rank != 1)
    throw Error(ErrorCode::invalid_argument,
                std::string(info(op).name) + ": needs an axis for " + describe(meta),
                detail::Access::site(x));
  return axis_of(op, x, options.axis.value_or(0));
}

template <class Attrs> Tensor cumulate(OpKind op, Operand &x, const Scan &options, int initial) {
  const source_location site = detail::Access::site(x);
  const std::int64_t axis = scanned_axis(op, x, options);
  const Meta &meta = tensor_meta(op, x);
  const DType dtype = options.dtype.value_or(is_float(meta.dtype) ? meta.dtype : DType::i64);
  DimList first(meta.dims());
  first[static_cast<std::size_t>(axis)] = 1;
  const Tensor scanned = dispatch(op, Attrs{axis, options.reverse, dtype}.encode(), x);
  if (!options.include_initial)
    return scanned;
  const WhereItLies there(scanned);
  const Tensor neutral = full(first, Operand(initial, site), dtype);
  return options.reverse ? concat({scanned, neutral}, static_cast<int>(axis), site)
                         : concat({neutral, scanned}, static_cast<int>(axis), site);
}

} // namespace

Tensor cumulative_sum(Operand x, Scan options) {
  return cumulate<CumulativeSumAttrs>(OpKind::cumulative_sum, x, options, 0);
}
Tensor cumulative_prod(Operand x, Scan options) {
  return cumulate<CumulativeProdAttrs>(OpKind::cumulative_prod, x, options, 1);
}

Tensor linear_scan(Operand a, Operand b, int axis, bool reverse) {
  const LinearScanAttrs attrs{axis_of(OpKind::linear_scan, a, axis), reverse};
  return dispatch(OpKind::linear_scan, attrs.encode(), a, b);
}

Tensor diff(Operand x, int axis) {
  const source_location site = detail::Access::site(x);
  const std::int64_t along = axis_of("diff", x, axis);
  const Tensor whole = detail::Access::tensor_of(x);
  const std::int64_t extent = whole.shape()[static_cast<std::size_t>(along)];
  const std::int64_t some = extent > 0 ? extent - 1 : 0;
  const Tensor later = detail::part_of(whole, along, extent - some, some, site);
  const Tensor earlier = detail::part_of(whole, along, 0, some, site);
  return whole.dtype() == DType::boolean ? not_equal(Operand(later, site), Operand(earlier, site))
                                         : subtract(Operand(later, site), Operand(earlier, site));
}

} // namespace jit
