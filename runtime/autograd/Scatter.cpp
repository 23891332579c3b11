// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients of scatter and scatter_along_axis, which have the same attributes.
#include "runtime/autograd/Rules.h"

#include "runtime/eager/Dispatch.h"

namespace jit::autograd {
namespace {

/// One scatter, and what its gradient does again: putting at its places, and reading there.
class Scattered {
public:
  explicit Scattered(Backward &b)
      : b(b), along_axis(b.op == OpKind::scatter_along_axis), attrs(ScatterAttrs::decode(b.attrs)) {
  }

  ScatterMode mode() const { return static_cast<ScatterMode>(attrs.mode); }
  int axis() const { return static_cast<int>(attrs.axis); }
  Tensor put(Operand x, Operand updates, ScatterMode how) const {
    return along_axis
               ? scatter_along_axis(std::move(x), b.operand(1), std::move(updates), axis(), how)
               : scatter(std::move(x), b.operand(1), std::move(updates), axis(), how);
  }
  Tensor read(Operand x) const {
    return along_axis ? take_along_axis(std::move(x), b.operand(1), axis())
                      : take(std::move(x), b.operand(1), axis());
  }
  /// 0, 1, ... in the order of the updates, with which each can be told from the others.
  Tensor numbers() const {
    return reshape(b.at(arange(0, count(), 1, DType::i64, b.site)), DimList(b.shape(2)));
  }
  std::int64_t count() const {
    std::int64_t count = 1;
    for (const std::int64_t extent : b.shape(2))
      count *= extent;
    return count;
  }

  Backward &b;
  const bool along_axis;

private:
  ScatterAttrs attrs;
};

Tensor zeros_of(Backward &b, std::size_t operand) {
  return zeros(b.shape(operand), b.dtype(operand), b.site);
}

/// Of several updates of one place the last one is there.
void set_gradient(const Scattered &s) {
  Backward &b = s.b;
  if (b.wants(0))
    b.give(0, b.at(s.put(b.dy(), b.at(zeros_of(b, 2)), ScatterMode::set)));
  if (!b.wants(2))
    return;
  const Tensor number = s.numbers();
  Tensor last = zeros(b.shape(0), DType::i64, b.site);
  last = s.read(b.at(s.put(b.at(std::move(last)), b.at(number), ScatterMode::set)));
  Tensor is_last = equal(b.at(std::move(last)), b.at(number));
  b.give(2, b.at(where(b.at(std::move(is_last)), b.at(s.read(b.dy())), 0)));
}

void add_gradient(const Scattered &s) {
  Backward &b = s.b;
  if (b.wants(0))
    b.give(0, b.dy());
  if (b.wants(2))
    b.give(2, b.at(s.read(b.dy())));
}

/// Whether this is what became the result: equal to it, or a NaN.
Tensor wins(Backward &b, Operand value, Operand result) {
  Operand again = b.at(detail::Access::tensor_of(value));
  Tensor same = equal(std::move(value), std::move(result));
  Tensor undefined = isnan(std::move(again));
  return logical_or(b.at(std::move(same)), b.at(std::move(undefined)));
}

/// The first winner gets dy: x, then the updates in their order.
void extremum_gradient(const Scattered &s) {
  Backward &b = s.b;
  const Tensor kept = wins(b, b.operand(0), b.result(0));
  if (b.wants(0))
    b.give(0, b.at(where(b.at(kept), b.dy(), 0)));
  if (!b.wants(2))
    return;
  const Tensor number = s.numbers();
  Tensor best = wins(b, b.operand(2), b.at(s.read(b.result(0))));
  Tensor replaced = logical_not(b.at(s.read(b.at(kept))));
  best = logical_and(b.at(std::move(best)), b.at(std::move(replaced)));
  Tensor candidate = where(b.at(best), b.at(number), b.at(s.count()));
  Tensor first = full(b.shape(0), b.at(s.count()), DType::i64);
  first =
      s.read(b.at(s.put(b.at(std::move(first)), b.at(std::move(candidate)), ScatterMode::minimum)));
  Tensor is_first = equal(b.at(std::move(first)), b.at(number));
  best = logical_and(b.at(std::move(best)), b.at(std::move(is_first)));
  b.give(2, b.at(where(b.at(std::move(best)), b.at(s.read(b.dy())), 0)));
}

/// The updates in order of their places, along one axis.
class ByPlace {
public:
  explicit ByPlace(const Scattered &s) : s(s), axis(s.axis()) {
    Backward &b = s.b;
    const std::int64_t extent = b.shape(0)[static_cast<std::size_t>(axis)];
    place = astype(b.operand(1), DType::i64);
    Tensor from_end = add(b.at(place), b.at(extent));
    Tensor negative = less(b.at(place), b.at(0));
    place = where(b.at(std::move(negative)), b.at(std::move(from_end)), b.at(place));
    shape = DimList(b.shape(2));
    if (!s.along_axis) { // the axes of the index as one
      place = reshape(b.at(std::move(place)), {-1});
      shape = DimList(b.shape(0));
      shape[static_cast<std::size_t>(axis)] = place.size(b.site);
    }
    const Sort along{.axis = s.along_axis ? axis : 0};
    order = argsort(b.at(place), along);
    back = argsort(b.at(order), along);
    place = moved(place, order);
    if (!s.along_axis) {
      DimList column;
      for (std::size_t i = 0; i < shape.size(); ++i)
        column.push_back(static_cast<int>(i) == axis ? shape[i] : 1);
      place = reshape(b.at(std::move(place)), column);
    }
  }

  /// Of each update the product of the others of its place. By doubling, so that nothing is
  /// divided and no place sees another one, be it infinite.
  Tensor products_of_others(Operand updates) const {
    Backward &b = s.b;
    Tensor sorted = moved(reshape(std::move(updates), shape), order);
    Tensor before = products_beside(sorted, true), behind = products_beside(sorted, false);
    Tensor product = multiply(b.at(std::move(before)), b.at(std::move(behind)));
    return reshape(b.at(moved(product, back)), DimList(b.shape(2)));
  }

private:
  Tensor moved(const Tensor &x, const Tensor &to) const {
    Backward &b = s.b;
    if (s.along_axis)
      return take_along_axis(b.at(x), b.at(to), axis);
    return take(b.at(x), b.at(to), x.ndim(b.site) == 1 ? 0 : axis);
  }

  /// The element so many places before or behind each, if that is of the same place, else 1.
  Tensor neighbour(const Tensor &x, std::int64_t distance, bool before) const {
    Backward &b = s.b;
    const auto at = static_cast<std::size_t>(axis);
    const auto shifted = [&](const Tensor &from, int fill) {
      DimList extents(from.shape());
      const std::int64_t rest = extents[at] - distance;
      extents[at] = distance;
      Tensor edge = full(extents, b.at(fill), from.dtype());
      Tensor part = slice_axis(b, from, at, before ? 0 : distance, rest);
      return before ? concat({std::move(edge), std::move(part)}, axis, b.site)
                    : concat({std::move(part), std::move(edge)}, axis, b.site);
    };
    Tensor same = equal(b.at(shifted(place, -1)), b.at(place));
    return where(b.at(std::move(same)), b.at(shifted(x, 1)), 1);
  }

  Tensor products_beside(const Tensor &x, bool before) const {
    Backward &b = s.b;
    const std::int64_t count = shape[static_cast<std::size_t>(axis)];
    if (count == 0)
      return x;
    Tensor product = neighbour(x, 1, before);
    for (std::int64_t distance = 1; distance < count; distance *= 2)
      product = multiply(b.at(product), b.at(neighbour(product, distance, before)));
    return product;
  }

  const Scattered &s;
  int axis;
  DimList shape; ///< of the updates, the axes of the index as one
  Tensor place, order, back;
};

void multiply_gradient(const Scattered &s) {
  Backward &b = s.b;
  if (b.wants(0)) {
    Tensor one = ones(b.shape(0), b.dtype(0), b.site);
    Tensor factor = s.put(b.at(std::move(one)), b.operand(2), ScatterMode::multiply);
    b.give(0, b.at(multiply(b.dy(), b.at(std::move(factor)))));
  }
  if (!b.wants(2))
    return;
  Tensor others = ByPlace(s).products_of_others(b.operand(2));
  Tensor scaled = s.read(b.at(multiply(b.dy(), b.operand(0))));
  b.give(2, b.at(multiply(b.at(std::move(scaled)), b.at(std::move(others)))));
}

} // namespace

void scatter_gradient(Backward &b) {
  const Scattered s(b);
  switch (s.mode()) {
  case ScatterMode::set:
    return set_gradient(s);
  case ScatterMode::add:
    return add_gradient(s);
  case ScatterMode::multiply:
    return multiply_gradient(s);
  case ScatterMode::minimum:
  case ScatterMode::maximum:
    return extremum_gradient(s);
  }
}

Keep kept_of_scatter(AttrWords attrs, Keep keep) noexcept {
  constexpr Keep x = 1, index = 2, updates = 4, result = 1 << first_result;
  switch (static_cast<ScatterMode>(ScatterAttrs::decode(attrs).mode)) {
  case ScatterMode::set:
  case ScatterMode::add:
    return keep & index;
  case ScatterMode::multiply:
    return keep & (x | index | updates);
  case ScatterMode::minimum:
  case ScatterMode::maximum:
    break;
  }
  return keep & (x | index | updates | result);
}

} // namespace jit::autograd
