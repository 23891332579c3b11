// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes and dtypes of scans.
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Axes.h"
#include "runtime/ops/ShapeRules.h"

#include <algorithm>

namespace jit {

RuleError infer_cumulative(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const CumulativeSumAttrs attrs = CumulativeSumAttrs::decode(request.attrs);
  if (attrs.dtype == DType::boolean)
    return "dtype " + std::string(name(attrs.dtype)) + " is not accepted";
  out.results[0].dtype = attrs.dtype;
  out.results[0].dims = DimList(x.dims());
  return check_axis(x, attrs.axis);
}

RuleError infer_linear_scan(const InferRequest &request, Inferred &out) {
  const Meta &a = *request.operands[0].meta, &b = *request.operands[1].meta;
  if (!std::ranges::equal(a.dims(), b.dims()))
    return "shapes differ: " + list_operands(request);
  out.results[0].dtype = a.dtype;
  out.results[0].dims = DimList(a.dims());
  return check_axis(a, LinearScanAttrs::decode(request.attrs).axis);
}

} // namespace jit
