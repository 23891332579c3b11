// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients of ops that move elements: views, concat, and ops with indices.
#include "runtime/autograd/Rules.h"

#include "runtime/eager/Dispatch.h"

namespace jit::autograd {

Tensor slice_axis(const Backward &b, const Tensor &x, std::size_t axis, std::int64_t start,
                  std::int64_t extent, std::int64_t step) {
  SliceAttrs attrs;
  std::vector<Operand> operands;
  operands.push_back(b.at(x));
  for (std::size_t i = 0; i < x.shape().size(); ++i) {
    operands.push_back(b.at(i == axis ? start : std::int64_t{0}));
    attrs.extents.push_back(i == axis ? extent : x.shape()[i]);
    attrs.steps.push_back(i == axis ? step : 1);
  }
  return detail::dispatch(OpKind::slice, attrs.encode(), operands);
}

namespace {

/// x between zeros along an axis.
Tensor pad(const Backward &b, Tensor x, std::size_t axis, std::int64_t before, std::int64_t after) {
  const auto zeros_of = [&](std::int64_t extent) {
    DimList shape(x.shape());
    shape[axis] = extent;
    return zeros(shape, x.dtype(), b.site);
  };
  std::vector<Tensor> parts;
  if (before > 0)
    parts.push_back(zeros_of(before));
  parts.push_back(x);
  if (after > 0)
    parts.push_back(zeros_of(after));
  return parts.size() == 1 ? x : concat(std::move(parts), static_cast<int>(axis), b.site);
}

/// step - 1 zeros after every element along an axis, but for the last one.
Tensor spread(const Backward &b, Tensor x, std::size_t axis, std::int64_t step) {
  const DimList shape(x.shape());
  std::int64_t outer = 1, inner = 1;
  for (std::size_t i = 0; i < shape.size(); ++i)
    (i < axis ? outer : i > axis ? inner : outer) *= i == axis ? 1 : shape[i];
  // As three axes, so that a rank-8 tensor needs no ninth.
  Tensor rows = reshape(b.at(std::move(x)), {outer, shape[axis], inner});
  rows = pad(b, std::move(rows), 2, 0, (step - 1) * inner);
  DimList spaced = shape;
  spaced[axis] *= step;
  rows = reshape(b.at(std::move(rows)), spaced);
  return slice_axis(b, rows, axis, 0, spaced[axis] - (step - 1));
}

} // namespace

void reshape_gradient(Backward &b) { b.give(0, b.at(reshape(b.dy(), b.shape(0)))); }

void permute_dims_gradient(Backward &b) {
  const DimList axes = PermuteDimsAttrs::decode(b.attrs).axes;
  DimList inverse(axes);
  for (std::size_t i = 0; i < axes.size(); ++i)
    inverse[static_cast<std::size_t>(axes[i])] = static_cast<std::int64_t>(i);
  b.give(0, b.at(permute_dims(b.dy(), inverse)));
}

/// Zeros around and between the elements taken, axis by axis.
void slice_gradient(Backward &b) {
  const SliceAttrs attrs = SliceAttrs::decode(b.attrs);
  Tensor x = detail::Access::tensor_of(b.dy());
  for (std::size_t axis = 0; axis < attrs.extents.size(); ++axis) {
    const std::int64_t size = b.shape(0)[axis], extent = attrs.extents[axis];
    std::int64_t start = b.operands[axis + 1].number.as_int(), step = attrs.steps[axis];
    if (extent == 0) {
      x = pad(b, std::move(x), axis, size, 0);
      continue;
    }
    if (step < 0 && extent > 1)
      x = slice_axis(b, x, axis, extent - 1, extent, -1);
    if (step < 0) {
      start += (extent - 1) * step;
      step = -step;
    }
    if (step > 1 && extent > 1)
      x = spread(b, std::move(x), axis, step);
    const std::int64_t covered = x.shape()[axis];
    x = pad(b, std::move(x), axis, start, size - start - covered);
  }
  b.give(0, b.at(std::move(x)));
}

void concat_gradient(Backward &b) {
  const auto axis = static_cast<std::size_t>(ConcatAttrs::decode(b.attrs).axis);
  const Tensor dy = detail::Access::tensor_of(b.dy());
  std::int64_t start = 0;
  for (std::size_t i = 0; i < b.operands.size(); ++i) {
    const std::int64_t extent = b.shape(i)[axis];
    if (b.wants(i))
      b.give(i, b.at(slice_axis(b, dy, axis, start, extent)));
    start += extent;
  }
}

void take_gradient(Backward &b) {
  const auto axis = static_cast<int>(TakeAttrs::decode(b.attrs).axis);
  Tensor nothing = zeros(b.shape(0), b.dtype(0), b.site);
  b.give(0, b.at(scatter_add(b.at(std::move(nothing)), b.operand(1), b.dy(), axis)));
}

/// One index a row, as in cross_entropy: a comparison instead of a scatter, which fuses.
static Tensor put_one_a_row(const Backward &b, std::size_t axis) {
  DimList extents;
  for (std::size_t i = 0; i < b.shape(0).size(); ++i)
    extents.push_back(i == axis ? b.shape(0)[i] : 1);
  Tensor places = arange(0, b.shape(0)[axis], 1, DType::i64, b.site);
  places = reshape(b.at(std::move(places)), extents);
  Tensor taken = equal(b.operand(1), b.at(std::move(places)));
  return where(b.at(std::move(taken)), b.dy(), 0);
}

/// Several: rows are laid one after another, and the places count through them. dy as the update of
/// operand 0 at `places_along` the axis.
static Tensor put_rows(const Backward &b, std::size_t axis, const Tensor &places_along) {
  const std::size_t rank = b.shape(0).size();
  DimList order, inverse, moved;
  for (std::size_t i = 0; i < rank; ++i)
    if (i != axis)
      order.push_back(static_cast<std::int64_t>(i));
  order.push_back(static_cast<std::int64_t>(axis));
  inverse = order;
  std::int64_t rows = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    inverse[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
    moved.push_back(b.shape(0)[static_cast<std::size_t>(order[i])]);
    rows *= i + 1 < rank ? moved[i] : 1;
  }
  const std::int64_t size = moved[rank - 1], count = places_along.shape()[axis];
  Tensor index = reshape(b.at(permute_dims(b.at(places_along), order)), {rows, count});
  Tensor first = multiply(b.at(arange(0, rows, 1, DType::i64, b.site)), b.at(size));
  first = reshape(b.at(std::move(first)), {rows, 1});
  Tensor places = add(b.at(std::move(index)), b.at(std::move(first)));
  places = reshape(b.at(std::move(places)), {rows * count});
  Tensor updates = reshape(b.at(permute_dims(b.dy(), order)), {rows * count});
  Tensor flat = zeros({rows * size}, b.dtype(0), b.site);
  flat = scatter_add(b.at(std::move(flat)), b.at(std::move(places)), b.at(std::move(updates)));
  return permute_dims(b.at(reshape(b.at(std::move(flat)), moved)), inverse);
}

void take_along_axis_gradient(Backward &b) {
  const auto axis = static_cast<std::size_t>(TakeAlongAxisAttrs::decode(b.attrs).axis);
  b.give(0,
         b.at(b.shape(1)[axis] == 1 ? put_one_a_row(b, axis)
                                    : put_rows(b, axis, detail::Access::tensor_of(b.operand(1)))));
}

void sort_gradient(Backward &b) {
  const auto axis = static_cast<std::size_t>(SortAttrs::decode(b.attrs).axis);
  b.give(0, b.at(put_rows(b, axis, detail::Access::tensor_of(b.result(1)))));
}

void scatter_add_gradient(Backward &b) {
  if (b.wants(0))
    b.give(0, b.dy());
  if (b.wants(2)) {
    const auto axis = static_cast<int>(ScatterAddAttrs::decode(b.attrs).axis);
    b.give(2, b.at(take(b.dy(), b.operand(1), axis)));
  }
}

} // namespace jit::autograd
