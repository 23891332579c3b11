// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes of ops that copy elements to new places.
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Axes.h"
#include "runtime/ops/ShapeRules.h"

#include <algorithm>

namespace jit {

RuleError infer_concat(const InferRequest &request, Inferred &out) {
  if (request.operands.empty())
    return std::string("no operands");
  const Meta &first = *request.operands[0].meta;
  const std::int64_t axis = ConcatAttrs::decode(request.attrs).axis;
  if (RuleError error = check_axis(first, axis))
    return error;
  const DimList others = without_axis(first.dims(), axis);
  std::int64_t total = 0;
  for (std::size_t i = 0; i < request.operands.size(); ++i) {
    const Meta &x = *request.operands[i].meta;
    if (x.rank != first.rank ||
        !std::ranges::equal(Dims(without_axis(x.dims(), axis)), Dims(others)))
      return "extents differ off axis " + std::to_string(axis) + ": operand 0 " + describe(first) +
             ", operand " + std::to_string(i) + " " + describe(x);
    if (__builtin_add_overflow(total, x.dims()[static_cast<std::size_t>(axis)], &total))
      return std::string("the extents add up to more than 64 bits");
  }
  out.results[0].dtype = first.dtype;
  out.results[0].dims = DimList(first.dims());
  out.results[0].dims[static_cast<std::size_t>(axis)] = total;
  return std::nullopt;
}

} // namespace jit
