// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes of row ops.
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Axes.h"
#include "runtime/ops/ShapeRules.h"

namespace jit {

RuleError infer_row(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  out.results[0].dtype = x.dtype;
  out.results[0].dims = DimList(x.dims());
  return check_axis(x, SoftmaxAttrs::decode(request.attrs).axis);
}

RuleError infer_row_reduction(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const std::int64_t axis = LogsumexpAttrs::decode(request.attrs).axis;
  if (RuleError error = check_axis(x, axis))
    return error;
  if (x.dims()[static_cast<std::size_t>(axis)] == 0)
    return "no elements along axis " + std::to_string(axis) + " of " + describe(x);
  out.results[0].dtype = x.dtype;
  out.results[0].dims = without_axis(x.dims(), axis);
  return std::nullopt;
}

RuleError infer_layer_norm(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const std::int64_t axis = LayerNormAttrs::decode(request.attrs).axis;
  if (x.rank == 0 || axis != x.rank - 1)
    return "axis " + std::to_string(axis) + " is not the last axis of " + describe(x);
  for (std::size_t i : {1, 2}) {
    const Meta &weights = *request.operands[i].meta;
    if (weights.rank != 1 || weights.size != x.dims().back())
      return "gamma and beta must have the last axis of x: " + list_operands(request);
  }
  out.results[0].dtype = x.dtype;
  out.results[0].dims = DimList(x.dims());
  return std::nullopt;
}

} // namespace jit
