// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sorting, choosing by rank, searching.
#include "runtime/eager/functions/AxisArguments.h"
#include "runtime/eager/functions/Parts.h"
#include "runtime/ops/Attributes.h"

#include <tracejit/ops.h>

#include <algorithm>
#include <cmath>

namespace jit {

using detail::axes_of;
using detail::axis_of;
using detail::dispatch;
using detail::part_of;
using detail::refuse;
using detail::tensor_meta;
using std::source_location;

namespace {

struct Sorted {
  Tensor values, indices;
};
Sorted sorted(Operand &x, std::int64_t axis, bool descending, std::int64_t k = 0) {
  Tensor results[2];
  detail::dispatch_several(OpKind::sort, SortAttrs{axis, descending, k}.encode(), {&x, 1}, results);
  return {std::move(results[0]), std::move(results[1])};
}

/// Refuses a k outside [least, extent].
void check_count(std::string_view function, const Operand &x, std::int64_t axis, std::int64_t k,
                 std::int64_t least) {
  const Meta &meta = tensor_meta(function, x);
  if (k < least || k > meta.dim_values[axis])
    refuse(function,
           "k = " + std::to_string(k) + " is not in [" + std::to_string(least) + ", " +
               std::to_string(meta.dim_values[axis]) + "], the extent of axis " +
               std::to_string(axis) + " of " + describe(meta),
           detail::Access::site(x));
}

/// The elements over some axes, sorted, as rows; and the shape of one result a row.
struct SortedRows {
  Tensor rows;
  std::int64_t length;
  DimList shape;
};
SortedRows sorted_rows(std::string_view function, Operand &&x, const Reduce &options) {
  const source_location site = detail::Access::site(x);
  const Meta &meta = tensor_meta(function, x);
  if (options.dtype)
    refuse(function, "option dtype is for sum, prod and mean only", site);
  if (options.where.is_given())
    refuse(function, "takes no option where", site);
  const DimList axes = axes_of(function, x, options.axis);
  SortedRows result{{}, 1, {}};
  DimList order;
  std::int64_t rows = 1;
  for (const bool reduced : {false, true})
    for (std::int64_t axis = 0; axis < meta.rank; ++axis)
      if ((std::ranges::find(axes, axis) != axes.end()) == reduced) {
        order.push_back(axis);
        (reduced ? result.length : rows) *= meta.dim_values[axis];
      }
  for (std::int64_t axis = 0; axis < meta.rank; ++axis)
    if (std::ranges::find(axes, axis) == axes.end())
      result.shape.push_back(meta.dim_values[axis]);
    else if (options.keepdims)
      result.shape.push_back(1);
  if (result.length == 0)
    refuse(function, "no elements to choose from: " + describe(meta), site);
  Tensor numbers = detail::Access::tensor_of(x);
  if (!is_float(meta.dtype))
    numbers = numbers.astype(DType::f32, site);
  numbers = permute_dims(Operand(std::move(numbers), site), order);
  Operand flat(reshape(Operand(std::move(numbers), site), {rows, result.length}), site);
  result.rows = sorted(flat, 1, false).values;
  return result;
}

} // namespace

Tensor sort(Operand x, Sort options) {
  return sorted(x, axis_of("sort", x, options.axis), options.descending).values;
}
Tensor argsort(Operand x, Sort options) {
  return sorted(x, axis_of("argsort", x, options.axis), options.descending).indices;
}

std::pair<Tensor, Tensor> top_k(Operand x, std::int64_t k, int axis, bool largest) {
  const source_location site = detail::Access::site(x);
  const std::int64_t along = axis_of("top_k", x, axis);
  check_count("top_k", x, along, k, 0);
  Sorted best = sorted(x, along, largest, k);
  if (k > 0)
    return {std::move(best.values), std::move(best.indices)};
  return {part_of(best.values, along, 0, 0, site), part_of(best.indices, along, 0, 0, site)};
}

std::pair<Tensor, Tensor> kthvalue(Operand x, std::int64_t k, int axis, bool keepdims) {
  const source_location site = detail::Access::site(x);
  const std::int64_t along = axis_of("kthvalue", x, axis);
  check_count("kthvalue", x, along, k, 1);
  const Sorted best = sorted(x, along, false, k);
  const auto last = [&](const Tensor &all) {
    Tensor one = part_of(all, along, k - 1, 1, site);
    return keepdims ? one : squeeze(Operand(std::move(one), site), static_cast<int>(along));
  };
  return {last(best.values), last(best.indices)};
}

/// Of sorted rows: a NaN lies at the end.
static Tensor quantile_of(const SortedRows &sorted, double q, const source_location &site) {
  const double place = q * static_cast<double>(sorted.length - 1);
  const auto at = [&](double position) {
    const auto start = static_cast<std::int64_t>(position);
    return reshape(Operand(part_of(sorted.rows, 1, start, 1, site), site), sorted.shape);
  };
  const Tensor low = at(std::floor(place)), high = at(std::ceil(place));
  const Tensor last = at(static_cast<double>(sorted.length - 1));
  const double share = place - std::floor(place);
  // Sums of shares do not overflow; equal ones stay as they are, infinite ones too.
  const Tensor same = equal(Operand(low, site), Operand(high, site));
  const Tensor lower = multiply(Operand(low, site), Operand(1 - share, site));
  const Tensor upper = multiply(Operand(high, site), Operand(share, site));
  const Tensor between = add(Operand(lower, site), Operand(upper, site));
  const Tensor value = where(Operand(same, site), Operand(low, site), Operand(between, site));
  const Tensor nan = isnan(Operand(last, site));
  return where(Operand(nan, site), Operand(last, site), Operand(value, site));
}

Tensor median(Operand x, Reduce options) {
  const source_location site = detail::Access::site(x);
  return quantile_of(sorted_rows("median", std::move(x), options), 0.5, site);
}

Tensor quantile(Operand x, Operand q, Reduce options) {
  const source_location site = detail::Access::site(x);
  if (!detail::Access::is_scalar(q))
    refuse("quantile", "q must be a number", site);
  const double at = detail::Access::scalar(q).as_double();
  if (!(at >= 0 && at <= 1))
    refuse("quantile", "q = " + std::to_string(at) + " is not in [0, 1]", site);
  return quantile_of(sorted_rows("quantile", std::move(x), options), at, site);
}

Tensor searchsorted(Operand x, Operand values, Side side) {
  return dispatch(OpKind::searchsorted, SearchsortedAttrs{side == Side::right}.encode(), x, values);
}

Tensor isin(Operand x, Operand values) {
  const source_location site = detail::Access::site(x);
  tensor_meta("isin", x);
  tensor_meta("isin", values);
  const Tensor wanted = detail::Access::tensor_of(x);
  const Tensor flat = flatten(std::move(values));
  const Tensor known = sort(Operand(flat, site));
  const auto place = [&](Side side) {
    return searchsorted(Operand(known, site), Operand(wanted, site), side);
  };
  const Tensor before = place(Side::left), behind = place(Side::right);
  const Tensor found = less(Operand(before, site), Operand(behind, site));
  const Tensor is_number = equal(Operand(wanted, site), Operand(wanted, site));
  return logical_and(Operand(found, site), Operand(is_number, site));
}

} // namespace jit
