// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes of elementwise ops.
#include "runtime/ops/Attributes.h"
#include "runtime/ops/ShapeRules.h"

#include <algorithm>

namespace jit {

bool broadcast_into(DimList &result, Dims dims) {
  DimList wide;
  const std::size_t rank = std::max(result.size(), dims.size());
  for (std::size_t i = 0; i < rank; ++i) {
    // Axis i of the wider shape; a shorter one has extent 1 there.
    const auto extent = [&](Dims shape) {
      return i + shape.size() < rank ? 1 : shape[i + shape.size() - rank];
    };
    const std::int64_t a = extent(result), b = extent(dims);
    if (a != b && a != 1 && b != 1)
      return false;
    wide.push_back(a == 1 ? b : a);
  }
  result = wide;
  return true;
}

RuleError infer_broadcast(const InferRequest &request, Inferred &out) {
  const OpInfo &op = info(request.op);
  const OperandType &first = request.operands[0];
  if (op.types == TypeRule::select &&
      (first.meta ? first.meta->dtype != DType::boolean : first.kind != ScalarKind::boolean))
    return "the condition must be bool: " + list_operands(request);

  ResultType &result = out.results[0];
  result.dims = {};
  for (const OperandType &operand : request.operands)
    if (operand.meta && !broadcast_into(result.dims, operand.meta->dims()))
      return "shapes do not broadcast: " + list_operands(request);
  const ElementTypes types = element_types(op, request.attrs, request.operands);
  if (!op.dtypes.contains(types.compute)) // numbers and tensors together
    return "dtype " + std::string(name(types.compute)) +
           " is not accepted: " + list_operands(request);
  result.dtype = types.result;
  return std::nullopt;
}

} // namespace jit
