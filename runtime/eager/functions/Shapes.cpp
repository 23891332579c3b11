// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Views, joins and indexing.
#include "runtime/eager/Typed.h"
#include "runtime/eager/functions/AxisArguments.h"
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Views.h"

#include <tracejit/ops.h>

#include <algorithm>

namespace jit {

using detail::axes_of;
using detail::axis_of;
using detail::dispatch;
using detail::tensor_meta;
using detail::throw_if;

Tensor reshape(Operand x, DimList shape) {
  ReshapeAttrs attrs{};
  throw_if(resolve_shape("reshape", tensor_meta("reshape", x), shape, attrs.shape), x);
  return dispatch(OpKind::reshape, attrs.encode(), x);
}

Tensor permute_dims(Operand x, Axes axes) {
  const Meta &meta = tensor_meta("permute_dims", x);
  PermuteDimsAttrs attrs{};
  throw_if(resolve_permutation("permute_dims", meta, axes, attrs.axes), x);
  return dispatch(OpKind::permute_dims, attrs.encode(), x);
}

Tensor broadcast_to(Operand x, DimList shape) {
  tensor_meta("broadcast_to", x);
  return dispatch(OpKind::broadcast_to, BroadcastToAttrs{shape}.encode(), x);
}

Tensor expand_dims(Operand x, int axis) {
  const ExpandDimsAttrs attrs{axis_of(OpKind::expand_dims, x, axis, 1)};
  return dispatch(OpKind::expand_dims, attrs.encode(), x);
}

Tensor squeeze(Operand x, Axes axis) {
  const Meta &meta = tensor_meta("squeeze", x);
  SqueezeAttrs attrs{};
  throw_if(resolve_squeeze("squeeze", meta, axis, attrs.axis), x);
  return dispatch(OpKind::squeeze, attrs.encode(), x);
}

Tensor concat(std::vector<Tensor> xs, int axis, std::source_location site) {
  if (xs.empty())
    throw Error(ErrorCode::invalid_argument, "concat: needs at least one tensor", site);
  std::vector<Operand> operands;
  detail::typed("concat", site, [&] { operands.reserve(xs.size()); });
  for (Tensor &x : xs)
    operands.emplace_back(std::move(x), site);
  const ConcatAttrs attrs{axis_of(OpKind::concat, operands[0], axis)};
  return dispatch(OpKind::concat, attrs.encode(), operands);
}

Tensor stack(std::vector<Tensor> xs, int axis, std::source_location site) {
  if (xs.empty())
    throw Error(ErrorCode::invalid_argument, "stack: needs at least one tensor", site);
  const Operand first(xs[0], site);
  tensor_meta("stack", first);
  const std::int64_t place = axis_of(OpKind::concat, first, axis, 1);
  for (Tensor &x : xs)
    x = expand_dims(Operand(std::move(x), site), static_cast<int>(place));
  return concat(std::move(xs), static_cast<int>(place), site);
}

Tensor take(Operand x, Operand index, int axis) {
  const TakeAttrs attrs{axis_of(OpKind::take, x, axis)};
  return dispatch(OpKind::take, attrs.encode(), x, index);
}

Tensor take_along_axis(Operand x, Operand index, int axis) {
  const TakeAlongAxisAttrs attrs{axis_of(OpKind::take_along_axis, x, axis)};
  return dispatch(OpKind::take_along_axis, attrs.encode(), x, index);
}

Tensor scatter_add(Operand x, Operand index, Operand updates, int axis) {
  const ScatterAddAttrs attrs{axis_of(OpKind::scatter_add, x, axis)};
  return dispatch(OpKind::scatter_add, attrs.encode(), x, index, updates);
}

Tensor one_hot(Operand index, std::int64_t depth, DType dtype) {
  return dispatch(OpKind::one_hot, OneHotAttrs{depth, dtype}.encode(), index);
}

Tensor matmul(Operand x, Operand y) {
  const bool rows = tensor_meta("matmul", x).rank == 1 && tensor_meta("matmul", y).rank == 1;
  return detail::dispatch_plain(x, y, rows ? OpKind::vecdot : OpKind::matmul);
}

/// Axis `from_end` (-1: the last) moved to the end.
static Operand with_last_axis(Operand x, std::int64_t from_end) {
  const Meta &meta = tensor_meta("vecdot", x);
  const std::int64_t axis = axis_of(OpKind::vecdot, x, from_end);
  if (axis == meta.rank - 1)
    return x;
  DimList order;
  for (std::int64_t i = 0; i < meta.rank; ++i)
    if (i != axis)
      order.push_back(i);
  order.push_back(axis);
  const std::source_location site = detail::Access::site(x);
  return {permute_dims(std::move(x), order), site};
}

Tensor vecdot(Operand x, Operand y, int axis) {
  const Meta &a = tensor_meta("vecdot", x), &b = tensor_meta("vecdot", y);
  const Operand &longer = a.rank >= b.rank ? x : y;
  const std::int64_t from_end = axis_of(OpKind::vecdot, longer, axis) - std::max(a.rank, b.rank);
  Operand rows = with_last_axis(std::move(x), from_end);
  Operand others = with_last_axis(std::move(y), from_end);
  return dispatch(OpKind::vecdot, {}, rows, others);
}

Tensor astype(Operand x, DType dtype) {
  if (!detail::Access::is_scalar(x) && tensor_meta("astype", x).dtype == dtype)
    return detail::Access::tensor_of(x);
  return dispatch(OpKind::astype, AstypeAttrs{dtype}.encode(), x);
}

Tensor pow(Operand x, Operand y) {
  // The literal exponent 2 is a square here, so that eager and compiled code agree.
  if (detail::Access::is_scalar(y) && !detail::Access::is_scalar(x)) {
    const Scalar exponent = detail::Access::scalar(y);
    const bool integral = exponent.kind() == ScalarKind::integer;
    if ((integral || is_float(tensor_meta("pow", x).dtype)) &&
        exponent.kind() != ScalarKind::boolean && exponent.as_double() == 2)
      return square(std::move(x));
  }
  return detail::dispatch_plain(x, y, OpKind::pow);
}

// Indexing
// ------------------------------------------------------------------------------------------

namespace {

std::int64_t checked_position(const detail::Index &index, const Meta &meta, std::size_t axis) {
  const std::int64_t size = meta.dim_values[axis], position = index.position;
  if (position < -size || position >= size)
    throw Error(ErrorCode::invalid_argument,
                "index: " + std::to_string(position) + " is out of range for axis " +
                    std::to_string(axis) + " of " + describe(meta),
                index.site);
  return position < 0 ? position + size : position;
}

/// Axes of the operand that the indices name; `rest` stands for the others.
std::size_t count_axes(std::span<const detail::Index> indices, const Meta &meta) {
  std::size_t named = 0, rests = 0;
  for (const detail::Index &index : indices) {
    named += index.kind != detail::Index::new_axis && index.kind != detail::Index::rest;
    rests += index.kind == detail::Index::rest;
  }
  if (named > meta.rank || rests > 1)
    throw Error(ErrorCode::invalid_argument,
                "index: " + std::to_string(named) + " indices" +
                    (rests > 1 ? " and two ellipses" : "") + " for " + describe(meta),
                indices.begin()->site);
  return named;
}

} // namespace

Tensor Tensor::index_with(std::initializer_list<detail::Index> indices) const {
  const std::source_location site = indices.begin()->site;
  const Meta &meta = tensor_meta("index", Operand(*this, site));
  const std::size_t rest = meta.rank - count_axes(indices, meta);
  DimList starts, shape;
  SliceAttrs attrs{};
  std::vector<std::pair<int, const Tensor *>> gathers; // axis of the result so far
  std::size_t axis = 0;
  bool sliced = false, reshaped = false;
  const auto keep_axis = [&] {
    starts.push_back(0);
    attrs.extents.push_back(meta.dim_values[axis]);
    attrs.steps.push_back(1);
    shape.push_back(meta.dim_values[axis++], site);
  };
  for (const detail::Index &index : indices) {
    switch (index.kind) {
    case detail::Index::new_axis:
      shape.push_back(1, site);
      reshaped = true;
      break;
    case detail::Index::rest:
      for (std::size_t i = 0; i < rest; ++i)
        keep_axis();
      break;
    case detail::Index::gather:
      detail::typed("index", site,
                    [&] { gathers.emplace_back(static_cast<int>(shape.size()), index.indices); });
      keep_axis();
      break;
    case detail::Index::integer:
      starts.push_back(checked_position(index, meta, axis++));
      attrs.extents.push_back(1);
      attrs.steps.push_back(1);
      sliced = reshaped = true;
      break;
    case detail::Index::range: {
      if (index.bounds.step == 0)
        throw Error(ErrorCode::invalid_argument, "slice: step must not be 0", index.site);
      const SliceRange range = resolve_slice(meta.dim_values[axis++], index.bounds.begin,
                                             index.bounds.end, index.bounds.step);
      starts.push_back(range.start);
      attrs.extents.push_back(range.extent);
      attrs.steps.push_back(index.bounds.step);
      shape.push_back(range.extent, site);
      sliced = true;
      break;
    }
    }
  }
  while (axis < meta.rank)
    keep_axis();
  Tensor result = *this;
  if (sliced) {
    std::vector<Operand> operands;
    detail::typed("slice", site, [&] { operands.reserve(starts.size() + 1); });
    operands.emplace_back(std::move(result), site);
    for (std::int64_t start : starts)
      operands.emplace_back(start, site);
    result = dispatch(OpKind::slice, attrs.encode(), operands);
  }
  if (reshaped)
    result = jit::reshape(Operand(std::move(result), site), shape);
  // From the back, so that the axes in front keep their numbers.
  for (auto gather = gathers.rbegin(); gather != gathers.rend(); ++gather)
    result =
        jit::take(Operand(std::move(result), site), Operand(*gather->second, site), gather->first);
  return result;
}

} // namespace jit
