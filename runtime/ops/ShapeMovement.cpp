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

RuleError infer_slice_update(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta, &y = *request.operands[1].meta;
  const DimList steps = SliceUpdateAttrs::decode(request.attrs).steps;
  if (y.dtype != x.dtype)
    return "the dtypes of " + describe(x) + " and " + describe(y) + " differ";
  if (y.rank != x.rank || steps.size() != x.rank || request.operands.size() != 2u + x.rank)
    return "an extent, a start and a step are needed for every axis of " + describe(x);
  for (std::size_t i = 0; i < x.rank; ++i) {
    if (steps[i] == 0)
      return "the step of axis " + std::to_string(i) + " is 0";
    if (!fits_axis(y.dims()[i], steps[i], x.dims()[i]))
      return describe(y) + " with step " + std::to_string(steps[i]) + " does not fit axis " +
             std::to_string(i) + " of " + describe(x);
  }
  out.results[0].dtype = x.dtype;
  out.results[0].dims = DimList(x.dims());
  return std::nullopt;
}

RuleError infer_pad(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const PadAttrs attrs = PadAttrs::decode(request.attrs);
  if (attrs.low.size() != x.rank || attrs.high.size() != x.rank || attrs.interior.size() != x.rank)
    return std::to_string(attrs.low.size()) + " extents in front, " +
           std::to_string(attrs.high.size()) + " behind and " +
           std::to_string(attrs.interior.size()) + " between for " + describe(x);
  out.results[0].dtype = x.dtype;
  out.results[0].dims = {};
  for (std::size_t i = 0; i < x.rank; ++i) {
    const std::int64_t low = attrs.low[i], high = attrs.high[i], between = attrs.interior[i];
    if (const std::int64_t least = std::min({low, high, between}); least < 0)
      return "extents must not be negative, got " + std::to_string(least);
    std::int64_t extent = x.dims()[i], gaps = 0;
    if (__builtin_mul_overflow(std::max<std::int64_t>(extent - 1, 0), between, &gaps) ||
        __builtin_add_overflow(extent, gaps, &extent) ||
        __builtin_add_overflow(extent, low, &extent) ||
        __builtin_add_overflow(extent, high, &extent))
      return "the result for " + describe(x) + " is too large";
    out.results[0].dims.push_back(extent);
  }
  return std::nullopt;
}

} // namespace jit
