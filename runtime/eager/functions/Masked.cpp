// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager/functions/Masked.h"

#include "runtime/eager/functions/Term.h"
#include "runtime/ops/NumberRange.h"
#include "runtime/ops/ShapeRules.h"

#include <algorithm>

namespace jit::detail {
namespace {

/// Option `where`, checked, in the shape of x.
Term mask_for(OpKind op, const Term &x, const OptionalTensor &where) {
  Operand mask(Access::tensor_of(where), x.site());
  const Meta &meta = tensor_meta(op, mask);
  DimList joined(x.meta().dims());
  if (meta.dtype != DType::boolean || !broadcast_into(joined, meta.dims()) ||
      !std::ranges::equal(Dims(joined), x.meta().dims()))
    refuse(info(op).name,
           "option where is a mask that broadcasts to " + describe(x.meta()) + ", not " +
               describe(meta),
           x.site());
  return x.with(broadcast_to(std::move(mask), joined));
}

Operand identity(OpKind op, const Term &x) {
  const DType dtype = x.meta().dtype;
  if (op == OpKind::max || op == OpKind::min) {
    const bool greatest = op == OpKind::min;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (dtype == DType::boolean)
      return {greatest, x.site()};
    if (is_float(dtype))
      return {greatest ? infinity : -infinity, x.site()};
    return {greatest ? number_range(dtype).high : number_range(dtype).low, x.site()};
  }
  const bool is_one = op == OpKind::prod || op == OpKind::all;
  return dtype == DType::boolean ? Operand(is_one, x.site()) : Operand(int{is_one}, x.site());
}

Term where_counted(OpKind op, const Term &mask, const Term &x) {
  return x.with(where(mask, x, identity(op, x)));
}

Term count_of(const Term &mask, const Reduce &over, DType dtype) {
  return mask.with(astype(mask.with(sum(mask, over)), dtype));
}

} // namespace

Operand with_identity(OpKind op, const Operand &x, const OptionalTensor &where) {
  const Term value = tensor_term(info(op).name, x);
  Tensor counted = where_counted(op, mask_for(op, value, where), value).tensor();
  return {std::move(counted), value.site()};
}

Tensor masked_mean(const Operand &x, const Reduce &options, DType dtype) {
  const Term value = tensor_term("mean", x);
  const Term mask = mask_for(OpKind::mean, value, options.where);
  const Term total =
      value.with(sum(where_counted(OpKind::sum, mask, value),
                     {.axis = options.axis, .keepdims = options.keepdims, .dtype = dtype}));
  const Reduce over{.axis = options.axis, .keepdims = options.keepdims};
  return (total / count_of(mask, over, dtype)).tensor();
}

/// The first place that counts and has the extremum, or a NaN.
Tensor masked_place(OpKind op, const Operand &x, const Reduce &options) {
  const OpKind extremum = op == OpKind::argmax ? OpKind::max : OpKind::min;
  const Term value = tensor_term(info(op).name, x);
  const Term mask = mask_for(op, value, options.where);
  const Term counted = where_counted(extremum, mask, value);
  const Reduce over{.axis = options.axis, .keepdims = true};
  const Term best = value.with(extremum == OpKind::max ? max(counted, over) : min(counted, over));
  Term wins = value == best;
  if (is_float(value.meta().dtype))
    wins = wins.with(logical_or(wins, value.with(isnan(value))));
  return argmax(mask.with(logical_and(mask, wins)),
                {.axis = options.axis, .keepdims = options.keepdims});
}

/// By the distances from the mean.
std::pair<Tensor, Tensor> masked_var_mean(const Operand &x, const Variance &options) {
  Term value = tensor_term("var_mean", x);
  const Term mask = mask_for(OpKind::var_mean, value, options.where);
  const DType dtype = is_float(value.meta().dtype) ? value.meta().dtype : DType::f32;
  value = value.with(astype(value, dtype));
  const Reduce over{.axis = options.axis, .keepdims = true};
  const Term count = count_of(mask, over, dtype);
  const Term mean = value.with(sum(choose(mask, value, 0), over)) / count;
  const Term distance = choose(mask, value - mean, 0);
  const Term squares = value.with(sum(value.with(square(distance)), over));
  const Term variance = squares / larger(count - options.correction, 0);
  if (options.keepdims)
    return {variance.tensor(), mean.tensor()};
  const Axes axes = axes_of(OpKind::var_mean, value, options.axis);
  return {squeeze(variance, axes), squeeze(mean, axes)};
}

} // namespace jit::detail
