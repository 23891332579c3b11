// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Counting, and the functions whose result has as many elements as values say: these look at
// values.
#include "runtime/eager/Typed.h"
#include "runtime/eager/functions/AxisArguments.h"
#include "runtime/eager/functions/Parts.h"
#include "runtime/ops/Attributes.h"

#include <tracejit/ops.h>

#include <algorithm>

namespace jit {

using detail::part_of;
using detail::refuse;
using detail::tensor_meta;
using detail::typed;
using std::source_location;

namespace {

using Places = std::vector<std::int64_t>;

/// Beside a tensor, whatever its device.
Tensor tensor_of(Places &&places, const DimList &shape, const Tensor &beside,
                 const source_location &site) {
  return Tensor::adopt(std::move(places), shape, site).to(beside.device(), site);
}
Tensor tensor_of(Places &&places, const Tensor &beside, const source_location &site) {
  const auto size = static_cast<std::int64_t>(places.size());
  return tensor_of(std::move(places), DimList{size}, beside, site);
}

/// The elements of x sorted, their places, and where among them each different one begins.
struct Groups {
  Tensor sorted, order;
  Places starts;
  std::int64_t size;

  std::int64_t end(std::size_t group) const {
    return group + 1 < starts.size() ? starts[group + 1] : size;
  }
};
Groups groups_of(std::string_view function, Operand &x) {
  const source_location site = detail::Access::site(x);
  Groups groups;
  groups.size = tensor_meta(function, x).size;
  Operand flat(flatten(std::move(x)), site);
  Tensor results[2];
  detail::dispatch_several(OpKind::sort, SortAttrs{0, false, 0}.encode(), {&flat, 1}, results);
  groups.sorted = std::move(results[0]);
  groups.order = std::move(results[1]);
  if (groups.size == 0)
    return groups;
  const Tensor differ =
      not_equal(Operand(part_of(groups.sorted, 0, 1, groups.size - 1, site), site),
                Operand(part_of(groups.sorted, 0, 0, groups.size - 1, site), site));
  typed(function, site, [&] {
    groups.starts.push_back(0);
    const std::span<const bool> begins = differ.data<bool>(site);
    for (std::size_t i = 0; i < begins.size(); ++i)
      if (begins[i])
        groups.starts.push_back(static_cast<std::int64_t>(i + 1));
  });
  return groups;
}

Tensor values_of(const Groups &groups, const source_location &site) {
  const Tensor starts = tensor_of(Places(groups.starts), groups.sorted, site);
  return take(Operand(groups.sorted, site), Operand(starts, site));
}

Tensor counts_of(const Groups &groups, const source_location &site) {
  Places counts;
  for (std::size_t group = 0; group < groups.starts.size(); ++group)
    counts.push_back(groups.end(group) - groups.starts[group]);
  return tensor_of(std::move(counts), groups.sorted, site);
}

/// Of each element the number of its group.
Tensor inverse_of(const Groups &groups, const DimList &shape, const source_location &site) {
  Places inverse(static_cast<std::size_t>(groups.size));
  const std::span<const std::int64_t> order = groups.order.data<std::int64_t>(site);
  for (std::size_t group = 0; group < groups.starts.size(); ++group)
    for (std::int64_t i = groups.starts[group]; i < groups.end(group); ++i)
      inverse[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] =
          static_cast<std::int64_t>(group);
  return tensor_of(std::move(inverse), shape, groups.sorted, site);
}

/// Places in row-major order as rows of one index an axis.
Tensor unravelled(const Tensor &places, const DimList &shape, const source_location &site) {
  std::vector<Tensor> columns;
  typed("nonzero", site, [&] { columns.reserve(shape.size()); });
  std::int64_t behind = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;
       behind *= std::max<std::int64_t>(shape[axis], 1)) {
    const Tensor row = floor_divide(Operand(places, site), Operand(behind, site));
    const std::int64_t extent = std::max<std::int64_t>(shape[axis], 1);
    columns.push_back(remainder(Operand(row, site), Operand(extent, site)));
  }
  std::ranges::reverse(columns);
  const WhereItLies there(places);
  if (columns.empty())
    return zeros({places.shape()[0], 0}, DType::i64, site);
  return stack(std::move(columns), 1, site);
}

/// Whether each element is not 0, along one axis.
Tensor flat_mask(Operand &&x, const source_location &site) {
  const Tensor flat = flatten(std::move(x));
  return not_equal(Operand(flat, site), Operand(0, site));
}

/// The first `size` places at which the mask is true, in order, then those at which it is not.
Tensor places_first(const Tensor &mask, std::int64_t size, const source_location &site) {
  const WhereItLies there(mask);
  Operand missing(logical_not(Operand(mask, site)), site);
  if (size == 0)
    return zeros({0}, DType::i64, site);
  Tensor results[2];
  detail::dispatch_several(OpKind::sort, SortAttrs{0, false, size}.encode(), {&missing, 1},
                           results);
  return std::move(results[1]);
}

void check_size(std::string_view function, std::int64_t size, const source_location &site) {
  if (size < 0)
    refuse(function, "size " + std::to_string(size) + " is negative", site);
}

} // namespace

Tensor unique_values(Operand x) {
  const source_location site = detail::Access::site(x);
  return typed("unique_values", site,
               [&] { return values_of(groups_of("unique_values", x), site); });
}

std::pair<Tensor, Tensor> unique_counts(Operand x) {
  const source_location site = detail::Access::site(x);
  return typed("unique_counts", site, [&] {
    const Groups groups = groups_of("unique_counts", x);
    return std::pair(values_of(groups, site), counts_of(groups, site));
  });
}

std::pair<Tensor, Tensor> unique_inverse(Operand x) {
  const source_location site = detail::Access::site(x);
  const DimList shape(tensor_meta("unique_inverse", x).dims());
  return typed("unique_inverse", site, [&] {
    const Groups groups = groups_of("unique_inverse", x);
    return std::pair(values_of(groups, site), inverse_of(groups, shape, site));
  });
}

UniqueAll unique_all(Operand x) {
  const source_location site = detail::Access::site(x);
  const DimList shape(tensor_meta("unique_all", x).dims());
  return typed("unique_all", site, [&] {
    const Groups groups = groups_of("unique_all", x);
    const Tensor starts = tensor_of(Places(groups.starts), groups.sorted, site);
    Tensor first = take(Operand(groups.order, site), Operand(starts, site));
    return UniqueAll{values_of(groups, site), std::move(first), inverse_of(groups, shape, site),
                     counts_of(groups, site)};
  });
}

Tensor nonzero(Operand x) {
  const source_location site = detail::Access::site(x);
  const DimList shape(tensor_meta("nonzero", x).dims());
  const Tensor mask = flat_mask(std::move(x), site);
  return typed("nonzero", site, [&] {
    Places places; // row-major, one index an axis
    const std::span<const bool> wanted = mask.data<bool>(site);
    std::int64_t count = 0;
    std::int64_t index[max_rank] = {};
    for (const bool one : wanted) {
      if (one) {
        places.insert(places.end(), index, index + shape.size());
        ++count;
      }
      for (std::size_t axis = shape.size(); axis-- > 0;) {
        if (++index[axis] < shape[axis])
          break;
        index[axis] = 0;
      }
    }
    const auto rank = static_cast<std::int64_t>(shape.size());
    return tensor_of(std::move(places), DimList{count, rank}, mask, site);
  });
}

Tensor nonzero(Operand x, std::int64_t size, std::int64_t fill) {
  const source_location site = detail::Access::site(x);
  const DimList shape(tensor_meta("nonzero", x).dims());
  check_size("nonzero", size, site);
  const Tensor mask = flat_mask(std::move(x), site);
  const WhereItLies there(mask);
  const std::int64_t extent = mask.shape()[0], known = std::min(size, extent);
  Tensor places = unravelled(places_first(mask, known, site), shape, site);
  const auto rank = static_cast<std::int64_t>(shape.size());
  if (known < size)
    places = concat({places, full({size - known, rank}, Operand(fill, site), DType::i64)}, 0, site);
  const Tensor count = sum(Operand(mask, site));
  const Tensor rows = reshape(Operand(arange(0, size, 1, DType::i64, site), site), {size, 1});
  const Tensor found = less(Operand(rows, site), Operand(count, site));
  return where(Operand(found, site), Operand(places, site), Operand(fill, site));
}

Tensor compress(Operand x, Operand mask, std::int64_t size) {
  const source_location site = detail::Access::site(x);
  const Meta &meta = tensor_meta("compress", x), &chosen = tensor_meta("compress", mask);
  if (meta.rank == 0 || chosen.rank != 1 || chosen.dim_values[0] != meta.dim_values[0])
    refuse("compress",
           "needs a mask with one element for each row of " + describe(meta) + ", got " +
               describe(chosen),
           site);
  check_size("compress", size, site);
  if (size > meta.dim_values[0])
    refuse("compress",
           "size " + std::to_string(size) + " is more than the rows of " + describe(meta), site);
  const Tensor places = places_first(flat_mask(std::move(mask), site), size, site);
  return take(std::move(x), Operand(places, site));
}

Tensor bincount(Operand x, std::int64_t length) {
  const source_location site = detail::Access::site(x);
  tensor_meta("bincount", x);
  check_size("bincount", length, site);
  const Tensor places = flatten(std::move(x));
  const WhereItLies there(places);
  const Tensor one = ones(DimList(places.shape()), DType::i64, site);
  const Tensor none = zeros({length}, DType::i64, site);
  return scatter_add(Operand(none, site), Operand(places, site), Operand(one, site));
}

Tensor bincount(Operand x, Operand weights, std::int64_t length) {
  const source_location site = detail::Access::site(x);
  const Meta &meta = tensor_meta("bincount", x), &added = tensor_meta("bincount", weights);
  if (!std::ranges::equal(meta.dims(), added.dims()))
    refuse("bincount", "shapes differ: " + describe(meta) + ", weights " + describe(added), site);
  check_size("bincount", length, site);
  const Tensor places = flatten(std::move(x));
  const Tensor updates = flatten(std::move(weights));
  const WhereItLies there(updates);
  const DType dtype = updates.dtype() == DType::boolean ? DType::i64 : updates.dtype();
  const Tensor none = zeros({length}, dtype, site);
  return scatter_add(Operand(none, site), Operand(places, site), Operand(updates, site));
}

Tensor histogram(Operand x, Operand edges) {
  const source_location site = detail::Access::site(x);
  tensor_meta("histogram", x);
  const Meta &meta = tensor_meta("histogram", edges);
  if (meta.rank != 1 || meta.size < 2)
    refuse("histogram", "needs two edges or more along one axis, got " + describe(meta), site);
  const std::int64_t count = meta.size;
  const Tensor bounds = detail::Access::tensor_of(edges), flat = flatten(std::move(x));
  // How many edges are not beyond an element: 0 below all, `count` from the last one on.
  const Tensor places = searchsorted(Operand(bounds, site), Operand(flat, site), Side::right);
  const Tensor found = bincount(Operand(places, site), count + 1);
  const Tensor last = part_of(bounds, 0, count - 1, 1, site);
  const Tensor at_end = equal(Operand(flat, site), Operand(last, site));
  const Tensor more = reshape(Operand(sum(Operand(at_end, site)), site), {1});
  const Tensor end = add(Operand(part_of(found, 0, count - 1, 1, site), site), Operand(more, site));
  return concat({part_of(found, 0, 1, count - 2, site), end}, 0, site);
}

} // namespace jit
