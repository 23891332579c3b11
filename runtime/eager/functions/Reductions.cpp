// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions and rows.
#include "runtime/eager/functions/AxisArguments.h"
#include "runtime/eager/functions/Masked.h"
#include "runtime/ops/Attributes.h"

#include <tracejit/ops.h>

#include <algorithm>

namespace jit {

using detail::axes_of;
using detail::axis_of;
using detail::dispatch;
using detail::dispatch_several;
using detail::tensor_meta;

/// The dtype that sums have: integers and bool add up in i64, floats in their own.
static DType sum_dtype(DType dtype) noexcept { return is_float(dtype) ? dtype : DType::i64; }
/// Means of integers are f32.
static DType mean_dtype(DType dtype) noexcept { return is_float(dtype) ? dtype : DType::f32; }

static void refuse_dtype(OpKind op, const Operand &x, const Reduce &options) {
  if (options.dtype)
    throw Error(ErrorCode::invalid_argument,
                std::string(info(op).name) + ": option dtype is for sum, prod and mean only",
                detail::Access::site(x));
}

static Reduce without_mask(const Reduce &options) {
  return {.axis = options.axis, .keepdims = options.keepdims, .dtype = options.dtype};
}

Tensor sum(Operand x, Reduce options) {
  const Meta &meta = tensor_meta("sum", x);
  if (options.where.is_given())
    return sum(detail::with_identity(OpKind::sum, x, options.where), without_mask(options));
  const SumAttrs attrs{axes_of(OpKind::sum, x, options.axis), options.keepdims,
                       options.dtype.value_or(sum_dtype(meta.dtype))};
  return dispatch(OpKind::sum, attrs.encode(), x);
}

Tensor prod(Operand x, Reduce options) {
  const Meta &meta = tensor_meta("prod", x);
  if (options.where.is_given())
    return prod(detail::with_identity(OpKind::prod, x, options.where), without_mask(options));
  const ProdAttrs attrs{axes_of(OpKind::prod, x, options.axis), options.keepdims,
                        options.dtype.value_or(sum_dtype(meta.dtype))};
  return dispatch(OpKind::prod, attrs.encode(), x);
}

Tensor mean(Operand x, Reduce options) {
  const Meta &meta = tensor_meta("mean", x);
  if (options.where.is_given())
    return detail::masked_mean(x, options, options.dtype.value_or(mean_dtype(meta.dtype)));
  const MeanAttrs attrs{axes_of(OpKind::mean, x, options.axis), options.keepdims,
                        options.dtype.value_or(mean_dtype(meta.dtype))};
  return dispatch(OpKind::mean, attrs.encode(), x);
}

template <class Attrs> static Tensor reduce(OpKind op, Operand &x, const Reduce &options) {
  refuse_dtype(op, x, options);
  if (options.where.is_given()) {
    Operand counted = detail::with_identity(op, x, options.where);
    return reduce<Attrs>(op, counted, without_mask(options));
  }
  const Attrs attrs{axes_of(op, x, options.axis), options.keepdims};
  return dispatch(op, attrs.encode(), x);
}

Tensor max(Operand x, Reduce options) { return reduce<MaxAttrs>(OpKind::max, x, options); }
Tensor min(Operand x, Reduce options) { return reduce<MinAttrs>(OpKind::min, x, options); }
Tensor any(Operand x, Reduce options) { return reduce<AnyAttrs>(OpKind::any, x, options); }
Tensor all(Operand x, Reduce options) { return reduce<AllAttrs>(OpKind::all, x, options); }
Tensor argmax(Operand x, Reduce options) {
  refuse_dtype(OpKind::argmax, x, options);
  return options.where.is_given() ? detail::masked_place(OpKind::argmax, x, options)
                                  : reduce<ArgmaxAttrs>(OpKind::argmax, x, options);
}
Tensor argmin(Operand x, Reduce options) {
  refuse_dtype(OpKind::argmin, x, options);
  return options.where.is_given() ? detail::masked_place(OpKind::argmin, x, options)
                                  : reduce<ArgminAttrs>(OpKind::argmin, x, options);
}

std::pair<Tensor, Tensor> var_mean(Operand x, Variance options) {
  if (options.where.is_given())
    return detail::masked_var_mean(x, options);
  const VarMeanAttrs attrs{axes_of(OpKind::var_mean, x, options.axis), options.keepdims,
                           options.correction};
  Tensor results[2];
  dispatch_several(OpKind::var_mean, attrs.encode(), {&x, 1}, results);
  return {std::move(results[0]), std::move(results[1])};
}

Tensor count_nonzero(Operand x, Reduce options) {
  const std::source_location site = detail::Access::site(x);
  tensor_meta("count_nonzero", x);
  const Tensor counted = not_equal(std::move(x), Operand(0, site));
  return sum(Operand(counted, site), options);
}

Tensor std(Operand x, Variance options) {
  const std::source_location site = detail::Access::site(x);
  const Tensor variance = var(std::move(x), options);
  const Tensor is_zero = equal(Operand(variance, site), Operand(0, site));
  // The derivative of sqrt at 0 is infinite, and stays so behind a `where`.
  const Tensor safe = where(Operand(is_zero, site), Operand(1, site), Operand(variance, site));
  const Tensor root = sqrt(Operand(safe, site));
  return where(Operand(is_zero, site), Operand(0, site), Operand(root, site));
}

Tensor var(Operand x, Variance options) { return var_mean(std::move(x), options).first; }

template <class Attrs> static Tensor row(OpKind op, Operand &x, int axis) {
  const Attrs attrs{axis_of(op, x, axis)};
  return dispatch(op, attrs.encode(), x);
}

Tensor softmax(Operand x, int axis) { return row<SoftmaxAttrs>(OpKind::softmax, x, axis); }
Tensor log_softmax(Operand x, int axis) {
  return row<LogSoftmaxAttrs>(OpKind::log_softmax, x, axis);
}
Tensor logsumexp(Operand x, int axis) { return row<LogsumexpAttrs>(OpKind::logsumexp, x, axis); }

/// The axes side by side at the end, as one.
Tensor logsumexp(Operand x, Axes axis, bool keepdims) {
  const std::source_location site = detail::Access::site(x);
  const Meta &meta = tensor_meta("logsumexp", x);
  const DimList summed = axes_of("logsumexp", x, axis);
  DimList order, rest, kept(meta.dims());
  for (std::int64_t i = 0; i < meta.rank; ++i)
    if (std::ranges::find(summed, i) == summed.end()) {
      order.push_back(i);
      rest.push_back(meta.dim_values[i]);
    }
  std::int64_t size = 1;
  for (const std::int64_t i : summed) {
    order.push_back(i);
    size *= meta.dim_values[i];
    kept[static_cast<std::size_t>(i)] = 1;
  }
  DimList flat = rest; // shorter than x by an axis at least, but for no axes
  flat.push_back(size, site);
  const Tensor turned = permute_dims(std::move(x), order);
  const Tensor rows = reshape(Operand(turned, site), flat);
  const Tensor sums = logsumexp(Operand(rows, site), -1);
  return keepdims ? reshape(Operand(sums, site), kept) : sums;
}

Tensor layer_norm(Operand x, Operand gamma, Operand beta, double eps) {
  const LayerNormAttrs attrs{axis_of(OpKind::layer_norm, x, -1)};
  Operand epsilon(eps);
  return dispatch(OpKind::layer_norm, attrs.encode(), x, gamma, beta, epsilon);
}

} // namespace jit
