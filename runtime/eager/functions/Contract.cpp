// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager/functions/Contract.h"

#include <algorithm>

namespace jit::detail {
namespace {

bool holds(const DimList &list, std::int64_t axis) {
  return std::ranges::find(list, axis) != list.end();
}

/// The axes of an operand in three groups.
struct Groups {
  DimList batch, rest, sum; ///< axes
  DimList batch_extents, rest_extents;
  std::int64_t rest_size = 1, sum_size = 1;

  Groups(const Term &x, const DimList &sum, const DimList &batch) : batch(batch), sum(sum) {
    for (std::int64_t axis = 0; axis < x.meta().rank; ++axis) {
      const std::int64_t extent = x.extent(static_cast<std::size_t>(axis));
      if (holds(sum, axis)) {
        sum_size *= extent;
      } else if (!holds(batch, axis)) {
        rest.push_back(axis);
        rest_extents.push_back(extent);
        rest_size *= extent;
      }
    }
    for (const std::int64_t axis : batch)
      batch_extents.push_back(x.extent(static_cast<std::size_t>(axis)));
  }

  /// [batch..., rows, columns], each of the two a group in one axis.
  Term as_matrix(const Term &x, const DimList &rows, const DimList &columns, std::int64_t height,
                 std::int64_t width) const {
    DimList order = batch, shape = batch_extents;
    for (const DimList *group : {&rows, &columns})
      for (const std::int64_t axis : *group)
        order.push_back(axis);
    shape.push_back(height, x.site());
    shape.push_back(width, x.site());
    return x.with(reshape(x.with(permute_dims(x, order)), shape));
  }
};

} // namespace

Tensor contract(std::string_view function, const Term &x, const Term &y, const DimList &x_sum,
                const DimList &y_sum, const DimList &x_batch, const DimList &y_batch) {
  bool fits = x_sum.size() == y_sum.size();
  for (std::size_t i = 0; fits && i < x_sum.size(); ++i)
    fits = x.extent(static_cast<std::size_t>(x_sum[i])) ==
           y.extent(static_cast<std::size_t>(y_sum[i]));
  if (!fits)
    refuse(function,
           "axes to sum over differ: " + std::to_string(x_sum.size()) + " of " +
               describe(x.meta()) + ", " + std::to_string(y_sum.size()) + " of " +
               describe(y.meta()),
           x.site());
  const Groups a(x, x_sum, x_batch), b(y, y_sum, y_batch);
  DimList shape;
  for (std::size_t i = 0; i < a.batch_extents.size(); ++i)
    shape.push_back(a.batch_extents[i] == 1 ? b.batch_extents[i] : a.batch_extents[i], x.site());
  for (const Groups *part : {&a, &b})
    for (const std::int64_t extent : part->rest_extents)
      shape.push_back(extent, x.site());
  const Term left = a.as_matrix(x, a.rest, a.sum, a.rest_size, a.sum_size);
  const Term right = b.as_matrix(y, b.sum, b.rest, b.sum_size, b.rest_size);
  return reshape(x.with(matmul(left, right)), shape);
}

} // namespace jit::detail
