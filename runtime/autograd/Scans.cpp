// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients of scans and of prod. Products of all others are made without a division, so that zeros
// do no harm; all of it can be differentiated again.
#include "runtime/autograd/Rules.h"

#include "runtime/eager/Dispatch.h"

#include <algorithm>

namespace jit::autograd {
namespace {

using detail::dispatch;

enum class Way { forward, backward };
Way opposite(Way way) { return way == Way::forward ? Way::backward : Way::forward; }
Way way_of(bool reverse) { return reverse ? Way::backward : Way::forward; }

/// Every element moves by one place along an axis; `fill` takes the place that becomes free.
Tensor moved(const Backward &b, const Tensor &x, std::int64_t axis, Way way, int fill) {
  const auto at = static_cast<std::size_t>(axis);
  const std::int64_t extent = x.shape()[at];
  DimList one(x.shape());
  one[at] = 1;
  Tensor free = full(one, b.at(fill), x.dtype());
  Tensor rest = slice_axis(b, x, at, way == Way::forward ? 0 : 1, extent - 1);
  const int along = static_cast<int>(axis);
  return way == Way::forward ? concat({std::move(free), std::move(rest)}, along, b.site)
                             : concat({std::move(rest), std::move(free)}, along, b.site);
}

Tensor recurrence(const Backward &b, const Tensor &factors, Operand terms, std::int64_t axis,
                  Way way) {
  Operand a = b.at(factors);
  const LinearScanAttrs attrs{axis, way == Way::backward};
  return dispatch(OpKind::linear_scan, attrs.encode(), a, terms);
}

/// The products of the elements before each, along an axis.
Tensor products_before(const Backward &b, const Tensor &x, std::int64_t axis, Way way) {
  Operand before = b.at(moved(b, x, axis, way, 1));
  const CumulativeProdAttrs attrs{axis, way == Way::backward, x.dtype()};
  return dispatch(OpKind::cumulative_prod, attrs.encode(), before);
}

Tensor converted(const Backward &b, DType dtype) {
  Tensor x = detail::Access::tensor_of(b.operand(0));
  return x.dtype() == dtype ? x : x.astype(dtype, b.site);
}

} // namespace

void cumulative_sum_gradient(Backward &b) {
  const CumulativeSumAttrs attrs = CumulativeSumAttrs::decode(b.attrs);
  Operand dy = b.dy();
  const CumulativeSumAttrs turned{attrs.axis, !attrs.reverse, attrs.dtype};
  b.give(0, b.at(dispatch(OpKind::cumulative_sum, turned.encode(), dy)));
}

/// P[k] S[k] with P the products before k, and S[k] = dy[k] + x[k + 1] S[k + 1].
void cumulative_prod_gradient(Backward &b) {
  const CumulativeProdAttrs attrs = CumulativeProdAttrs::decode(b.attrs);
  const Tensor x = converted(b, attrs.dtype);
  if (x.size() == 0)
    return b.give(0, b.at(zeros(b.shape(0), b.dtype(0), b.site)));
  const Way way = way_of(attrs.reverse);
  Tensor before = products_before(b, x, attrs.axis, way);
  const Tensor next = moved(b, x, attrs.axis, opposite(way), 0);
  Tensor later = recurrence(b, next, b.dy(), attrs.axis, opposite(way));
  b.give(0, b.at(multiply(b.at(std::move(before)), b.at(std::move(later)))));
}

/// g[i] = dy[i] + a[i + 1] g[i + 1] is that of b[i], g[i] y[i - 1] that of a[i].
void linear_scan_gradient(Backward &b) {
  const LinearScanAttrs attrs = LinearScanAttrs::decode(b.attrs);
  if (std::ranges::find(b.shape(0), 0) != b.shape(0).end()) {
    for (const std::size_t operand : {std::size_t{0}, std::size_t{1}})
      if (b.wants(operand))
        b.give(operand, b.dy());
    return;
  }
  const Way way = way_of(attrs.reverse);
  const Tensor a = detail::Access::tensor_of(b.operand(0));
  const Tensor next = moved(b, a, attrs.axis, opposite(way), 0);
  const Tensor g = recurrence(b, next, b.dy(), attrs.axis, opposite(way));
  if (b.wants(0)) {
    Tensor before = moved(b, detail::Access::tensor_of(b.result(0)), attrs.axis, way, 0);
    b.give(0, b.at(multiply(b.at(g), b.at(std::move(before)))));
  }
  if (b.wants(1))
    b.give(1, b.at(g));
}

/// dy times the product of all others: those before and those behind, as rows.
void prod_gradient(Backward &b) {
  const ProdAttrs attrs = ProdAttrs::decode(b.attrs);
  const Dims axes = attrs.axis;
  const Tensor x = converted(b, attrs.dtype);
  if (x.size() == 0)
    return b.give(0, b.at(zeros(b.shape(0), b.dtype(0), b.site)));
  DimList order, inverse, extents;
  std::int64_t rows = 1;
  for (const bool reduced : {false, true})
    for (std::int64_t axis = 0; axis < x.ndim(); ++axis)
      if ((std::ranges::find(axes, axis) != axes.end()) == reduced) {
        order.push_back(axis);
        extents.push_back(b.shape(0)[static_cast<std::size_t>(axis)]);
        rows *= reduced ? 1 : b.shape(0)[static_cast<std::size_t>(axis)];
      }
  inverse = order;
  for (std::size_t i = 0; i < order.size(); ++i)
    inverse[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  const Tensor turned = permute_dims(b.at(x), order);
  const Tensor lines = reshape(b.at(turned), {rows, x.size() / rows});
  Tensor others = multiply(b.at(products_before(b, lines, 1, Way::forward)),
                           b.at(products_before(b, lines, 1, Way::backward)));
  Tensor dy = reshape(b.dy(), {rows, 1});
  Tensor slope = multiply(b.at(std::move(dy)), b.at(std::move(others)));
  slope = reshape(b.at(std::move(slope)), extents);
  b.give(0, b.at(permute_dims(b.at(std::move(slope)), inverse)));
}

} // namespace jit::autograd
