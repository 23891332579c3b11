// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of tensors, written with matmul and elementwise ops.
#include "runtime/eager/functions/Contract.h"
#include "runtime/eager/functions/Term.h"

#include <algorithm>

namespace jit {

using detail::refuse;
using detail::tensor_term;
using detail::Term;

static Term flat(const Term &x) { return x.with(flatten(x)); }

Tensor outer(Operand x, Operand y) {
  const Term rows = flat(tensor_term("outer", x)), columns = flat(tensor_term("outer", y));
  return (rows.with(expand_dims(rows, 1)) * columns).tensor();
}

Tensor vdot(Operand x, Operand y) {
  const Term a = tensor_term("vdot", x), b = tensor_term("vdot", y);
  if (a.meta().size != b.meta().size)
    refuse("vdot", "sizes differ: " + describe(a.meta()) + " and " + describe(b.meta()), a.site());
  return vecdot(flat(a), flat(b));
}

Tensor inner(Operand x, Operand y) {
  const Term a = tensor_term("inner", x), b = tensor_term("inner", y);
  if (a.meta().rank == 0 || b.meta().rank == 0)
    return (a * b).tensor();
  return detail::contract("inner", a, b, DimList{a.meta().rank - 1}, DimList{b.meta().rank - 1});
}

Tensor tensordot(Operand x, Operand y, int axes) {
  const Term a = tensor_term("tensordot", x), b = tensor_term("tensordot", y);
  const int most = std::min(a.meta().rank, b.meta().rank);
  if (axes < 0 || axes > most)
    refuse("tensordot",
           std::to_string(axes) + " axes of " + describe(a.meta()) + " and " + describe(b.meta()),
           a.site());
  DimList last, first;
  for (int i = 0; i < axes; ++i) {
    last.push_back(a.meta().rank - axes + i);
    first.push_back(i);
  }
  return detail::contract("tensordot", a, b, last, first);
}

Tensor tensordot(Operand x, Operand y, Axes x_axes, Axes y_axes) {
  const Term a = tensor_term("tensordot", x), b = tensor_term("tensordot", y);
  const auto resolved = [](const Term &t, const Axes &axes) {
    const DimList sorted = detail::axes_of("tensordot", t, axes); // refuses repeated ones
    if (axes.all())
      return sorted;
    DimList in_order;
    for (const std::int64_t axis : axes.values())
      in_order.push_back(detail::axis_of("tensordot", t, axis));
    return in_order;
  };
  return detail::contract("tensordot", a, b, resolved(a, x_axes), resolved(b, y_axes));
}

Tensor cross(Operand x, Operand y, int axis) {
  const Term a = tensor_term("cross", x), b = tensor_term("cross", y);
  for (const Term *part : {&a, &b})
    if (part->extent(static_cast<std::size_t>(detail::axis_of("cross", *part, axis))) != 3)
      refuse("cross",
             "needs vectors of 3 elements along axis " + std::to_string(axis) + ", got " +
                 describe(part->meta()),
             a.site());
  const auto turned = [axis](const Term &t, std::int64_t by) { return t.with(roll(t, -by, axis)); };
  return (turned(a, 1) * turned(b, 2) - turned(a, 2) * turned(b, 1)).tensor();
}

Tensor kron(Operand x, Operand y) {
  const Term a = tensor_term("kron", x), b = tensor_term("kron", y);
  const std::size_t rank = std::max(a.meta().rank, b.meta().rank);
  if (2 * rank > max_rank)
    refuse("kron",
           "needs at most " + std::to_string(max_rank / 2) + " axes, got " + describe(a.meta()) +
               " and " + describe(b.meta()),
           a.site());
  DimList left, right, shape;
  for (std::size_t i = 0; i < rank; ++i) {
    const auto extent = [&](const Term &t) {
      const std::size_t missing = rank - t.meta().rank;
      return i < missing ? 1 : t.extent(i - missing);
    };
    for (const std::int64_t value : {extent(a), std::int64_t{1}})
      left.push_back(value);
    for (const std::int64_t value : {std::int64_t{1}, extent(b)})
      right.push_back(value);
    std::int64_t product = 0;
    if (__builtin_mul_overflow(extent(a), extent(b), &product))
      refuse("kron", "the result is too large", a.site());
    shape.push_back(product);
  }
  return reshape(a.with(reshape(a, left)) * b.with(reshape(b, right)), shape);
}

Tensor trace(Operand x, std::int64_t offset) {
  const Term value = tensor_term("trace", x);
  if (value.meta().rank < 2)
    refuse("trace", "needs two axes, got " + describe(value.meta()), value.site());
  return sum(value.with(diagonal(value, offset)), -1);
}

} // namespace jit
