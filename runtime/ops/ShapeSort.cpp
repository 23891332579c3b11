// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes of sorting and searching.
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Axes.h"
#include "runtime/ops/ShapeRules.h"

namespace jit {

RuleError infer_sort(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const SortAttrs attrs = SortAttrs::decode(request.attrs);
  if (RuleError error = check_axis(x, attrs.axis))
    return error;
  DimList dims(x.dims());
  std::int64_t &extent = dims[static_cast<std::size_t>(attrs.axis)];
  if (attrs.k < 0 || attrs.k > extent)
    return "k = " + std::to_string(attrs.k) + " is not in [0, " + std::to_string(extent) + "]";
  if (attrs.k > 0)
    extent = attrs.k;
  out.results[0].dtype = x.dtype;
  out.results[1].dtype = DType::i64;
  out.results[0].dims = out.results[1].dims = dims;
  return std::nullopt;
}

RuleError infer_searchsorted(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  if (x.rank != 1)
    return "x must have one axis: " + describe(x);
  out.results[0].dtype = DType::i64;
  out.results[0].dims = DimList(request.operands[1].meta->dims());
  return std::nullopt;
}

} // namespace jit
