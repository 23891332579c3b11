// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients of ops that move elements: views, concat, and ops with indices.
#include "runtime/autograd/Rules.h"

#include "runtime/eager/Dispatch.h"

namespace jit::autograd {
namespace {

/// The numbers of the op's operands from `first` on: where a slice starts.
DimList starts_of(const Backward &b, std::size_t first) {
  DimList starts;
  for (const TapeOperand &start : b.operands.subspan(first))
    starts.push_back(start.number.as_int());
  return starts;
}

Tensor slice_of(const Backward &b, Operand x, Dims starts, const SliceAttrs &attrs) {
  std::vector<Operand> operands;
  operands.push_back(std::move(x));
  for (const std::int64_t start : starts)
    operands.push_back(b.at(start));
  return detail::dispatch(OpKind::slice, attrs.encode(), operands);
}

} // namespace

Tensor slice_axis(const Backward &b, const Tensor &x, std::size_t axis, std::int64_t start,
                  std::int64_t extent, std::int64_t step) {
  DimList starts;
  SliceAttrs attrs{DimList(x.shape()), {}};
  for (std::size_t i = 0; i < x.shape().size(); ++i) {
    starts.push_back(i == axis ? start : 0);
    attrs.steps.push_back(i == axis ? step : 1);
  }
  attrs.extents[axis] = extent;
  return slice_of(b, b.at(x), starts, attrs);
}

void reshape_gradient(Backward &b) { b.give(0, b.at(reshape(b.dy(), b.shape(0)))); }

void permute_dims_gradient(Backward &b) {
  const DimList axes = PermuteDimsAttrs::decode(b.attrs).axes;
  DimList inverse(axes);
  for (std::size_t i = 0; i < axes.size(); ++i)
    inverse[static_cast<std::size_t>(axes[i])] = static_cast<std::int64_t>(i);
  b.give(0, b.at(permute_dims(b.dy(), inverse)));
}

void slice_gradient(Backward &b) {
  Tensor nothing = zeros(b.shape(0), b.dtype(0), b.site);
  b.give(0, b.at(slice_update(b.at(std::move(nothing)), b.dy(), starts_of(b, 1),
                              SliceAttrs::decode(b.attrs).steps)));
}

void slice_update_gradient(Backward &b) {
  const DimList starts = starts_of(b, 2), steps = SliceUpdateAttrs::decode(b.attrs).steps;
  if (b.wants(0)) {
    Tensor nothing = zeros(b.shape(1), b.dtype(1), b.site);
    b.give(0, b.at(slice_update(b.dy(), b.at(std::move(nothing)), starts, steps)));
  }
  if (b.wants(1))
    b.give(1, b.at(slice_of(b, b.dy(), starts, {DimList(b.shape(1)), steps})));
}

void pad_gradient(Backward &b) {
  const PadAttrs attrs = PadAttrs::decode(b.attrs);
  DimList steps = attrs.interior;
  for (std::size_t i = 0; i < steps.size(); ++i)
    ++steps[i];
  b.give(0, b.at(slice_of(b, b.dy(), attrs.low, {DimList(b.shape(0)), steps})));
}

void concat_gradient(Backward &b) {
  const auto axis = static_cast<std::size_t>(ConcatAttrs::decode(b.attrs).axis);
  DimList starts, steps;
  for (std::size_t i = 0; i < b.shape(0).size(); ++i) {
    starts.push_back(0);
    steps.push_back(1);
  }
  for (std::size_t i = 0; i < b.operands.size(); ++i) {
    if (b.wants(i))
      b.give(i, b.at(slice_of(b, b.dy(), starts, {DimList(b.shape(i)), steps})));
    starts[axis] += b.shape(i)[axis];
  }
}

void take_gradient(Backward &b) {
  const auto axis = static_cast<int>(TakeAttrs::decode(b.attrs).axis);
  Tensor nothing = zeros(b.shape(0), b.dtype(0), b.site);
  b.give(0, b.at(scatter(b.at(std::move(nothing)), b.operand(1), b.dy(), axis, ScatterMode::add)));
}

/// One index a row, as in cross_entropy: a comparison instead of a scatter, which fuses.
static Tensor put_one_a_row(const Backward &b, std::size_t axis) {
  DimList extents;
  for (std::size_t i = 0; i < b.shape(0).size(); ++i)
    extents.push_back(i == axis ? b.shape(0)[i] : 1);
  Tensor places = arange(0, b.shape(0)[axis], 1, DType::i64, b.site);
  places = reshape(b.at(std::move(places)), extents);
  Tensor index = astype(b.operand(1), DType::i64);
  Tensor from_end = add(b.at(index), b.at(b.shape(0)[axis]));
  index = where(b.at(less(b.at(index), b.at(0))), b.at(std::move(from_end)), b.at(index));
  Tensor taken = equal(b.at(std::move(index)), b.at(std::move(places)));
  return where(b.at(std::move(taken)), b.dy(), 0);
}

void take_along_axis_gradient(Backward &b) {
  const auto axis = TakeAlongAxisAttrs::decode(b.attrs).axis;
  if (b.shape(1)[static_cast<std::size_t>(axis)] == 1)
    return b.give(0, b.at(put_one_a_row(b, static_cast<std::size_t>(axis))));
  Tensor nothing = zeros(b.shape(0), b.dtype(0), b.site);
  b.give(0, b.at(scatter_along_axis(b.at(std::move(nothing)), b.operand(1), b.dy(),
                                    static_cast<int>(axis), ScatterMode::add)));
}

void sort_gradient(Backward &b) {
  Tensor nothing = zeros(b.shape(0), b.dtype(0), b.site);
  b.give(0, b.at(scatter_along_axis(b.at(std::move(nothing)), b.result(1), b.dy(),
                                    static_cast<int>(SortAttrs::decode(b.attrs).axis),
                                    ScatterMode::add)));
}

void windows_gradient(Backward &b) {
  const WindowsAttrs attrs = WindowsAttrs::decode(b.attrs);
  DimList extents;
  for (const std::int64_t axis : attrs.axes)
    extents.push_back(b.shape(0)[static_cast<std::size_t>(axis)]);
  b.give(0, b.at(fold(b.dy(), attrs.axes, extents, attrs.stride, attrs.dilation)));
}

void fold_gradient(Backward &b) {
  const FoldAttrs attrs = FoldAttrs::decode(b.attrs);
  DimList size;
  for (const std::int64_t extent : b.shape(0).last(attrs.axes.size()))
    size.push_back(extent);
  b.give(0, b.at(windows(b.dy(), attrs.axes, size, attrs.stride, attrs.dilation)));
}

} // namespace jit::autograd
