// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes of contractions.
#include "runtime/ops/Axes.h"
#include "runtime/ops/ShapeRules.h"

namespace jit {

RuleError infer_matmul(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta, &y = *request.operands[1].meta;
  if (x.rank == 0 || y.rank == 0)
    return "operands must have at least one axis: " + list_operands(request);
  if (x.rank == 1 && y.rank == 1)
    return "two operands of rank 1 are a vecdot: " + list_operands(request);
  const Dims a = x.dims(), b = y.dims();
  if (a.back() != b[y.rank == 1 ? 0 : b.size() - 2])
    return "inner dimensions differ: " + list_operands(request);

  DimList &dims = out.results[0].dims;
  dims = x.rank > 2 ? DimList(a.first(a.size() - 2)) : DimList();
  if (y.rank > 2 && !broadcast_into(dims, b.first(b.size() - 2)))
    return "batch axes do not broadcast: " + list_operands(request);
  if (x.rank > 1)
    dims.push_back(a[a.size() - 2]);
  if (y.rank > 1)
    dims.push_back(b.back());
  out.results[0].dtype = x.dtype;
  return std::nullopt;
}

RuleError infer_vecdot(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta, &y = *request.operands[1].meta;
  if (x.rank == 0 || y.rank == 0)
    return "operands must have at least one axis: " + list_operands(request);
  if (x.dims().back() != y.dims().back())
    return "last axes differ: " + list_operands(request);
  DimList &dims = out.results[0].dims;
  dims = without_axis(x.dims(), x.rank - 1);
  if (!broadcast_into(dims, without_axis(y.dims(), y.rank - 1)))
    return "shapes do not broadcast: " + list_operands(request);
  out.results[0].dtype = x.dtype;
  return std::nullopt;
}

} // namespace jit
