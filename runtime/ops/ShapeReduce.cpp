// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes and dtypes of reductions.
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Axes.h"
#include "runtime/ops/ShapeRules.h"

#include <algorithm>

namespace jit {
namespace {

RuleError reduced_dims(const Meta &x, Dims axes, bool keepdims, DimList &out) {
  if (RuleError error = check_axes(x, axes))
    return error;
  out = {};
  for (std::size_t i = 0; i < x.rank; ++i) {
    const bool reduced = std::ranges::find(axes, static_cast<std::int64_t>(i)) != axes.end();
    if (!reduced)
      out.push_back(x.dims()[i]);
    else if (keepdims)
      out.push_back(1);
  }
  return std::nullopt;
}

/// Some result would be an extremum of nothing.
bool reduces_nothing(const Meta &x, Dims axes) {
  return std::ranges::any_of(
      axes, [&](std::int64_t axis) { return x.dims()[static_cast<std::size_t>(axis)] == 0; });
}

RuleError extremum_dims(const InferRequest &request, DimList &out) {
  const Meta &x = *request.operands[0].meta;
  const MaxAttrs attrs = MaxAttrs::decode(request.attrs);
  if (RuleError error = reduced_dims(x, attrs.axis, attrs.keepdims, out))
    return error;
  if (reduces_nothing(x, attrs.axis))
    return "no elements to choose from: " + describe(x);
  return std::nullopt;
}

} // namespace

RuleError infer_typed_reduction(const InferRequest &request, Inferred &out) {
  const SumAttrs attrs = SumAttrs::decode(request.attrs);
  const bool mean = request.op == OpKind::mean;
  if (mean ? !is_float(attrs.dtype) : attrs.dtype == DType::boolean)
    return "dtype " + std::string(name(attrs.dtype)) + " is not accepted";
  out.results[0].dtype = attrs.dtype;
  return reduced_dims(*request.operands[0].meta, attrs.axis, attrs.keepdims, out.results[0].dims);
}

RuleError infer_extremum(const InferRequest &request, Inferred &out) {
  out.results[0].dtype = request.operands[0].meta->dtype;
  return extremum_dims(request, out.results[0].dims);
}

RuleError infer_argmax(const InferRequest &request, Inferred &out) {
  out.results[0].dtype = DType::i64;
  return extremum_dims(request, out.results[0].dims);
}

RuleError infer_truth(const InferRequest &request, Inferred &out) {
  const AnyAttrs attrs = AnyAttrs::decode(request.attrs);
  out.results[0].dtype = DType::boolean;
  return reduced_dims(*request.operands[0].meta, attrs.axis, attrs.keepdims, out.results[0].dims);
}

RuleError infer_var_mean(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const VarMeanAttrs attrs = VarMeanAttrs::decode(request.attrs);
  out.results[0].dtype = out.results[1].dtype = x.dtype;
  if (RuleError error = reduced_dims(x, attrs.axis, attrs.keepdims, out.results[0].dims))
    return error;
  out.results[1].dims = out.results[0].dims;
  return std::nullopt;
}

} // namespace jit
