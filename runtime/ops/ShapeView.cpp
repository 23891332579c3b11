// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes and strides of views.
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Axes.h"
#include "runtime/ops/ShapeRules.h"

#include <algorithm>

namespace jit {
namespace {

/// Starts the result of a view.
ResultType &view_of(const Meta &x, Inferred &out) {
  ResultType &result = out.results[0];
  result = {x.dtype, {}, {}, true};
  return result;
}

void push_axis(ResultType &result, std::int64_t extent, std::int64_t stride) {
  result.dims.push_back(extent);
  result.strides.push_back(stride);
}

/// Strides of `shape` over the elements of x, if there are any: every group of axes of x that the
/// shape splits or merges must lie without gaps. Precondition: x has elements, and as many as
/// shape.
std::optional<DimList> reshaped_strides(const Meta &x, Dims shape) {
  DimList dims, steps; // of x, without axes of extent 1
  for (std::size_t i = 0; i < x.rank; ++i)
    if (x.dims()[i] != 1) {
      dims.push_back(x.dims()[i]);
      steps.push_back(x.strides()[i]);
    }
  DimList strides(shape);
  std::size_t old = 0;
  for (std::size_t i = 0; i < shape.size();) {
    // The shortest run of axes on both sides with the same number of elements.
    std::size_t end = i + 1, old_end = old;
    std::int64_t wanted = shape[i], have = 1;
    while (have != wanted) {
      if (have < wanted)
        have *= dims[old_end++];
      else
        wanted *= shape[end++];
    }
    // A file may give strides up to 2^63: no product may be formed that is not needed.
    for (std::size_t k = old; k + 1 < old_end; ++k)
      if (std::int64_t joined;
          __builtin_mul_overflow(steps[k + 1], dims[k + 1], &joined) || steps[k] != joined)
        return std::nullopt;
    std::int64_t step = old < old_end ? steps[old_end - 1] : 0;
    for (std::size_t k = end; k-- > i;) {
      strides[k] = step;
      if (k > i)
        step *= shape[k];
    }
    i = end;
    old = old_end;
  }
  return strides;
}

} // namespace

RuleError infer_reshape(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const DimList shape = ReshapeAttrs::decode(request.attrs).shape;
  const std::optional<std::int64_t> size = checked_size(x.dtype, shape);
  if (!size || *size != x.size)
    return describe(x) + " does not have the elements of " + describe(x.dtype, shape);
  ResultType &result = view_of(x, out);
  result.dims = shape;
  if (x.contiguous) {
    result.strides = row_major_strides(shape);
    return std::nullopt;
  }
  const std::optional<DimList> strides = reshaped_strides(x, shape);
  result.view = strides.has_value();
  result.strides = strides.value_or(DimList());
  return std::nullopt;
}

RuleError infer_permute_dims(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const DimList axes = PermuteDimsAttrs::decode(request.attrs).axes;
  if (axes.size() != x.rank)
    return std::to_string(axes.size()) + " axes are given for " + describe(x);
  ResultType &result = view_of(x, out);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (RuleError error = check_axis(x, axes[i]))
      return error;
    if (std::find(axes.begin(), axes.begin() + i, axes[i]) != axes.begin() + i)
      return "axis " + std::to_string(axes[i]) + " is repeated";
    const auto axis = static_cast<std::size_t>(axes[i]);
    push_axis(result, x.dims()[axis], x.strides()[axis]);
  }
  return std::nullopt;
}

RuleError infer_broadcast_to(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const DimList shape = BroadcastToAttrs::decode(request.attrs).shape;
  DimList broadcast = shape;
  if (!broadcast_into(broadcast, x.dims()) || !std::ranges::equal(Dims(broadcast), Dims(shape)))
    return describe(x) + " does not broadcast to " + describe(x.dtype, shape);
  ResultType &result = view_of(x, out);
  const std::size_t added = shape.size() - x.rank;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool repeated = i < added || x.dims()[i - added] != shape[i];
    push_axis(result, shape[i], repeated ? 0 : x.strides()[i - added]);
  }
  return std::nullopt;
}

RuleError infer_expand_dims(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const std::int64_t axis = ExpandDimsAttrs::decode(request.attrs).axis;
  if (axis < 0 || axis > x.rank)
    return "axis " + std::to_string(axis) + " is out of range for " + describe(x);
  if (x.rank == max_rank)
    return "the result would have more than 8 axes: " + describe(x);
  ResultType &result = view_of(x, out);
  for (std::size_t i = 0; i <= x.rank; ++i) {
    if (static_cast<std::int64_t>(i) == axis)
      push_axis(result, 1, 0);
    if (i < x.rank)
      push_axis(result, x.dims()[i], x.strides()[i]);
  }
  return std::nullopt;
}

RuleError infer_squeeze(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const DimList axes = SqueezeAttrs::decode(request.attrs).axis;
  if (RuleError error = check_axes(x, axes))
    return error;
  ResultType &result = view_of(x, out);
  for (std::size_t i = 0; i < x.rank; ++i) {
    const bool dropped = std::ranges::find(axes, static_cast<std::int64_t>(i)) != axes.end();
    if (dropped && x.dims()[i] != 1)
      return "axis " + std::to_string(i) + " of " + describe(x) + " does not have extent 1";
    if (!dropped)
      push_axis(result, x.dims()[i], x.strides()[i]);
  }
  return std::nullopt;
}

RuleError infer_slice(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const SliceAttrs attrs = SliceAttrs::decode(request.attrs);
  const std::size_t rank = x.rank;
  if (attrs.extents.size() != rank || attrs.steps.size() != rank ||
      request.operands.size() != rank + 1)
    return "a start, an extent and a step are needed for every axis of " + describe(x);
  ResultType &result = view_of(x, out);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t extent = attrs.extents[i], step = attrs.steps[i], size = x.dims()[i];
    if (step == 0)
      return "the step of axis " + std::to_string(i) + " is 0";
    if (!fits_axis(extent, step, size))
      return std::to_string(extent) + " elements with step " + std::to_string(step) +
             " do not fit axis " + std::to_string(i) + " of " + describe(x);
    push_axis(result, extent, extent > 1 ? x.strides()[i] * step : 0);
  }
  return std::nullopt;
}

} // namespace jit
