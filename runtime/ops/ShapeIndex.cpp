// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes of ops with index operands, and the bounds of their indices.
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Axes.h"
#include "runtime/ops/IndexBounds.h"
#include "runtime/ops/ShapeRules.h"

#include <tracejit/options.h>

#include <algorithm>

namespace jit {
namespace {

/// Shape of take(x, index, axis): the axes of index stand where axis was.
RuleError taken_dims(const Meta &x, const Meta &index, std::int64_t axis, DimList &out) {
  if (RuleError error = check_axis(x, axis))
    return error;
  if (x.rank - 1 + index.rank > max_rank)
    return "the result would have more than 8 axes: " + describe(x) + ", index " + describe(index);
  out = {};
  for (std::size_t i = 0; i < x.rank; ++i) {
    if (static_cast<std::int64_t>(i) != axis)
      out.push_back(x.dims()[i]);
    else
      for (std::int64_t extent : index.dims())
        out.push_back(extent);
  }
  return std::nullopt;
}

constexpr std::int64_t mode_count = static_cast<std::int64_t>(ScatterMode::maximum) + 1;

/// Whether index has the extents of x but along the axis.
RuleError check_along_axis(const InferRequest &request, std::int64_t axis) {
  const Meta &x = *request.operands[0].meta, &index = *request.operands[1].meta;
  if (RuleError error = check_axis(x, axis))
    return error;
  if (index.rank != x.rank || !std::ranges::equal(Dims(without_axis(index.dims(), axis)),
                                                  Dims(without_axis(x.dims(), axis))))
    return "extents differ off axis " + std::to_string(axis) + ": " + list_operands(request);
  return std::nullopt;
}

RuleError scattered(const Meta &x, std::int64_t mode, Inferred &out) {
  if (mode < 0 || mode >= mode_count)
    return "there is no way " + std::to_string(mode) + " to scatter";
  const auto how = static_cast<ScatterMode>(mode);
  if (x.dtype == DType::boolean && (how == ScatterMode::add || how == ScatterMode::multiply))
    return "elements of " + describe(x) + " cannot be added or multiplied: use astype";
  out.results[0].dtype = x.dtype;
  out.results[0].dims = DimList(x.dims());
  return std::nullopt;
}

} // namespace

RuleError infer_take(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  out.results[0].dtype = x.dtype;
  return taken_dims(x, *request.operands[1].meta, TakeAttrs::decode(request.attrs).axis,
                    out.results[0].dims);
}

RuleError infer_take_along_axis(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta, &index = *request.operands[1].meta;
  if (RuleError error = check_along_axis(request, TakeAlongAxisAttrs::decode(request.attrs).axis))
    return error;
  out.results[0].dtype = x.dtype;
  out.results[0].dims = DimList(index.dims());
  return std::nullopt;
}

RuleError infer_scatter(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta, &updates = *request.operands[2].meta;
  const ScatterAttrs attrs = ScatterAttrs::decode(request.attrs);
  DimList expected;
  if (RuleError error = taken_dims(x, *request.operands[1].meta, attrs.axis, expected))
    return error;
  if (!std::ranges::equal(updates.dims(), Dims(expected)))
    return "updates must have shape " + describe(x.dtype, expected) + ": " + list_operands(request);
  return scattered(x, attrs.mode, out);
}

RuleError infer_scatter_along_axis(const InferRequest &request, Inferred &out) {
  const Meta &x = *request.operands[0].meta;
  const Meta &index = *request.operands[1].meta, &updates = *request.operands[2].meta;
  const ScatterAlongAxisAttrs attrs = ScatterAlongAxisAttrs::decode(request.attrs);
  if (RuleError error = check_along_axis(request, attrs.axis))
    return error;
  if (!std::ranges::equal(updates.dims(), index.dims()))
    return "there must be an index for every update: " + list_operands(request);
  return scattered(x, attrs.mode, out);
}

RuleError infer_one_hot(const InferRequest &request, Inferred &out) {
  const Meta &index = *request.operands[0].meta;
  const OneHotAttrs attrs = OneHotAttrs::decode(request.attrs);
  if (attrs.depth < 0)
    return "depth " + std::to_string(attrs.depth) + " is negative";
  if (index.rank == max_rank)
    return "the result would have more than 8 axes: " + describe(index);
  out.results[0].dtype = attrs.dtype;
  out.results[0].dims = DimList(index.dims());
  out.results[0].dims.push_back(attrs.depth);
  return std::nullopt;
}

std::int64_t extent_at_axis(const InferRequest &request) {
  // `axis` is the first attribute of the ops that use this bound.
  return request.operands[0].meta->dims()[static_cast<std::size_t>(request.attrs[0])];
}

std::int64_t one_hot_depth(const InferRequest &request) {
  return OneHotAttrs::decode(request.attrs).depth;
}

} // namespace jit
