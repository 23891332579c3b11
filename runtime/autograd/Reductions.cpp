// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients of reductions, and of the row ops whose result has other axes than x.
#include "runtime/autograd/Rules.h"

#include <algorithm>

namespace jit::autograd {
namespace {

/// x's shape with extent 1 at the axes.
DimList kept_shape(const Backward &b, Dims axes) {
  DimList shape(b.shape(0));
  for (std::int64_t axis : axes)
    shape[static_cast<std::size_t>(axis)] = 1;
  return shape;
}

std::int64_t count(const Backward &b, Dims axes) {
  std::int64_t n = 1;
  for (std::int64_t axis : axes)
    n *= b.shape(0)[static_cast<std::size_t>(axis)];
  return n;
}

/// The gradient of a result in x's dtype and with the axes it has lost.
Tensor kept(const Backward &b, std::size_t result, Dims axes) {
  Tensor dy = astype(b.dy(result), b.dtype(0));
  return reshape(b.at(std::move(dy)), kept_shape(b, axes));
}

/// dy at the first element equal to the extremum, 0 elsewhere. `x` is such that argmax finds it.
Tensor at_first_winner(const Backward &b, Operand x, Dims axes) {
  DimList extents;
  for (std::size_t i = 0; i < b.shape(0).size(); ++i)
    extents.push_back(1);
  for (std::int64_t axis : axes)
    extents[static_cast<std::size_t>(axis)] = b.shape(0)[static_cast<std::size_t>(axis)];
  Tensor winner = argmax(std::move(x), {.axis = DimList(axes), .keepdims = true});
  Tensor places = arange(0, count(b, axes), 1, DType::i64, b.site);
  places = reshape(b.at(std::move(places)), extents);
  Tensor wins = equal(b.at(std::move(winner)), b.at(std::move(places)));
  return where(b.at(std::move(wins)), b.at(kept(b, 0, axes)), 0);
}

} // namespace

void sum_gradient(Backward &b) {
  const SumAttrs attrs = SumAttrs::decode(b.attrs);
  b.give(0, b.at(broadcast_to(b.at(kept(b, 0, attrs.axis)), b.shape(0))));
}

void mean_gradient(Backward &b) {
  const MeanAttrs attrs = MeanAttrs::decode(b.attrs);
  const auto n = static_cast<double>(count(b, attrs.axis));
  Tensor share = divide(b.at(kept(b, 0, attrs.axis)), n);
  b.give(0, b.at(broadcast_to(b.at(std::move(share)), b.shape(0))));
}

void max_gradient(Backward &b) {
  b.give(0, b.at(at_first_winner(b, b.operand(0), MaxAttrs::decode(b.attrs).axis)));
}

void min_gradient(Backward &b) {
  Tensor negated = negative(b.operand(0));
  b.give(0, b.at(at_first_winner(b, b.at(std::move(negated)), MinAttrs::decode(b.attrs).axis)));
}

void var_mean_gradient(Backward &b) {
  const VarMeanAttrs attrs = VarMeanAttrs::decode(b.attrs);
  const std::int64_t n = count(b, attrs.axis);
  Tensor from_mean, from_var;
  if (b.has_dy(1))
    from_mean = divide(b.at(kept(b, 1, attrs.axis)), static_cast<double>(n));
  if (b.has_dy(0)) {
    const auto freedom = static_cast<double>(std::max<std::int64_t>(n - attrs.correction, 0));
    Tensor mean = reshape(b.result(1), kept_shape(b, attrs.axis));
    Tensor distance = subtract(b.operand(0), b.at(std::move(mean)));
    Tensor slope = multiply(b.at(std::move(distance)), 2.0 / freedom);
    from_var = multiply(b.at(kept(b, 0, attrs.axis)), b.at(std::move(slope)));
  }
  if (from_var.empty())
    b.give(0, b.at(broadcast_to(b.at(std::move(from_mean)), b.shape(0))));
  else if (from_mean.empty())
    b.give(0, b.at(std::move(from_var)));
  else
    b.give(0, b.at(add(b.at(std::move(from_var)), b.at(std::move(from_mean)))));
}

/// dy softmax(x), the softmax as exp(x - result). Of a row of -infinity it is 0, of +infinity 1:
/// neither is subtracted from itself, also in derivatives of this one.
void logsumexp_gradient(Backward &b) {
  const std::int64_t axis = LogsumexpAttrs::decode(b.attrs).axis;
  Tensor total = reshape(b.result(0), kept_shape(b, {&axis, 1}));
  Tensor nothing = equal(b.at(total), -infinity);
  total = where(b.at(std::move(nothing)), 0, b.at(std::move(total)));
  Tensor infinite = equal(b.at(total), infinity);
  Tensor largest = equal(b.operand(0), b.at(total));
  largest = logical_and(b.at(std::move(largest)), b.at(std::move(infinite)));
  Tensor logarithm = subtract(b.operand(0), b.at(std::move(total)));
  logarithm = where(b.at(std::move(largest)), 0, b.at(std::move(logarithm)));
  Tensor share = exp(b.at(std::move(logarithm)));
  b.give(0, b.at(multiply(b.at(kept(b, 0, {&axis, 1})), b.at(std::move(share)))));
}

/// With n = (x - mean) r and g = dy gamma: x gets (g - mean(g) - n mean(g n)) r. Mean and variance
/// are computed again: they are cheaper than keeping n.
void layer_norm_gradient(Backward &b) {
  if (b.wants(2))
    b.give(2, b.dy());
  if (!b.wants(0) && !b.wants(1))
    return;
  auto [variance, center] = var_mean(b.operand(0), {.axis = b.row().axis, .keepdims = true});
  Tensor root = sqrt(b.at(add(b.at(std::move(variance)), b.operand(3))));
  const Tensor r = divide(b.at(1), b.at(std::move(root)));
  Tensor distance = subtract(b.operand(0), b.at(std::move(center)));
  const Tensor n = multiply(b.at(std::move(distance)), b.at(r));
  if (b.wants(1))
    b.give(1, b.at(multiply(b.dy(), b.at(n))));
  if (!b.wants(0))
    return;
  const Tensor g = multiply(b.dy(), b.operand(1));
  Tensor along = mean(b.at(multiply(b.at(g), b.at(n))), b.row());
  Tensor centered = subtract(b.at(g), b.at(mean(b.at(g), b.row())));
  Tensor projected = multiply(b.at(n), b.at(std::move(along)));
  Tensor rest = subtract(b.at(std::move(centered)), b.at(std::move(projected)));
  b.give(0, b.at(multiply(b.at(std::move(rest)), b.at(r))));
}

} // namespace jit::autograd
