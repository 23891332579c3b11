// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions that put elements into another order, written with views and joins.
#include "runtime/eager/Numbers.h"
#include "runtime/eager/Typed.h"
#include "runtime/eager/functions/AxisArguments.h"
#include "runtime/eager/functions/Parts.h"
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Views.h"

#include <tracejit/ops.h>

#include <algorithm>

namespace jit {

using detail::axes_of;
using detail::axis_of;
using detail::dispatch;
using detail::list_or;
using detail::part_of;
using detail::refuse;
using detail::slice_at;
using detail::tensor_meta;
using std::source_location;

Tensor detail::slice_at(Operand &&x, const DimList &starts, const DimList &extents,
                        const DimList &steps) {
  const source_location site = detail::Access::site(x);
  std::vector<Operand> operands;
  detail::typed("slice", site, [&] { operands.reserve(starts.size() + 1); });
  operands.push_back(std::move(x));
  for (const std::int64_t start : starts)
    operands.emplace_back(start, site);
  return dispatch(OpKind::slice, SliceAttrs{extents, steps}.encode(), operands);
}

Tensor detail::part_of(const Tensor &x, std::int64_t axis, std::int64_t start, std::int64_t extent,
                       const source_location &site) {
  DimList starts, extents, steps;
  for (std::int64_t i = 0; i < x.ndim(); ++i) {
    starts.push_back(i == axis ? start : 0);
    extents.push_back(i == axis ? extent : x.shape()[static_cast<std::size_t>(i)]);
    steps.push_back(1);
  }
  return slice_at(Operand(x, site), starts, extents, steps);
}

namespace {

source_location site_of(const Operand &x) { return detail::Access::site(x); }

/// x as [before, extent, behind], every middle or every row in front of it `count` times.
enum class Repeated { elements, runs };
Tensor repeated(Operand &&x, std::string_view function, std::int64_t axis, std::int64_t count,
                Repeated what) {
  const source_location site = site_of(x);
  const Meta &meta = tensor_meta(function, x);
  if (count < 0)
    refuse(function, "cannot repeat " + std::to_string(count) + " times", site);
  DimList shape(meta.dims());
  std::int64_t before = 1, behind = 1;
  for (std::int64_t i = 0; i < meta.rank; ++i)
    (i < axis ? before : behind) *= i == axis ? 1 : meta.dim_values[i];
  const std::int64_t extent = meta.dim_values[axis];
  const bool fits =
      !__builtin_mul_overflow(extent, count, &shape[static_cast<std::size_t>(axis)]) &&
      checked_size(meta.dtype, shape);
  if (!fits)
    refuse(function, describe(meta) + " repeated " + std::to_string(count) + " times is too large",
           site);
  const bool by_element = what == Repeated::elements;
  const std::int64_t rows = by_element ? before * extent : before;
  const std::int64_t columns = by_element ? behind : extent * behind;
  const Tensor single = reshape(std::move(x), {rows, 1, columns});
  const Tensor many = broadcast_to(Operand(single, site), {rows, count, columns});
  return reshape(Operand(many, site), shape);
}

/// A permutation that moves `source[i]` to `destination[i]`; the other axes keep their order.
DimList moved(const Operand &x, const Axes &source, const Axes &destination) {
  constexpr std::string_view function = "moveaxis";
  const Meta &meta = tensor_meta(function, x);
  if (source.values().size() != destination.values().size())
    refuse(function,
           std::to_string(source.values().size()) + " axes to " +
               std::to_string(destination.values().size()) + " places",
           site_of(x));
  axes_of(function, x, source); // refuses what is out of range or repeated
  axes_of(function, x, destination);
  DimList order;
  std::array<std::int64_t, max_rank> at;
  std::array<bool, max_rank> taken{};
  at.fill(-1);
  for (std::size_t i = 0; i < source.values().size(); ++i) {
    const std::int64_t from = axis_of(function, x, source.values()[i]);
    at[static_cast<std::size_t>(axis_of(function, x, destination.values()[i]))] = from;
    taken[static_cast<std::size_t>(from)] = true;
  }
  std::int64_t next = 0;
  for (std::size_t i = 0; i < meta.rank; ++i) {
    while (at[i] < 0 && taken[static_cast<std::size_t>(next)])
      ++next;
    order.push_back(at[i] < 0 ? next++ : at[i]);
  }
  return order;
}

} // namespace

Tensor flip(Operand x, Axes axis) {
  const Meta &meta = tensor_meta("flip", x);
  const DimList flipped = axes_of("flip", x, axis);
  DimList starts, steps;
  for (std::int64_t i = 0; i < meta.rank; ++i) {
    const bool turned = std::ranges::find(flipped, i) != flipped.end() && meta.dim_values[i] > 0;
    starts.push_back(turned ? meta.dim_values[i] - 1 : 0);
    steps.push_back(turned ? -1 : 1);
  }
  const DimList extents(meta.dims());
  return slice_at(std::move(x), starts, extents, steps);
}

Tensor roll(Operand x, DimList shift, Axes axis) {
  const source_location site = site_of(x);
  const Meta &meta = tensor_meta("roll", x);
  const std::size_t axes = axis.all() ? 1 : axis.values().size();
  if (shift.size() != axes && shift.size() != 1)
    refuse("roll", std::to_string(shift.size()) + " shifts for " + std::to_string(axes) + " axes",
           site);
  axes_of("roll", x, axis);
  const DimList shape(meta.dims());
  Tensor rolled = detail::Access::tensor_of(x);
  if (axis.all())
    rolled = reshape(Operand(rolled, site), {meta.size});
  for (std::size_t i = 0; i < axes; ++i) {
    const std::int64_t along = axis.all() ? 0 : axis_of("roll", x, axis.values()[i]);
    const std::int64_t extent = rolled.shape()[static_cast<std::size_t>(along)];
    if (extent == 0)
      continue;
    const std::int64_t by = shift[shift.size() == 1 ? 0 : i] % extent;
    const std::int64_t last = by < 0 ? by + extent : by; // so many go to the front
    if (last == 0)
      continue;
    rolled = concat({part_of(rolled, along, extent - last, last, site),
                     part_of(rolled, along, 0, extent - last, site)},
                    static_cast<int>(along), site);
  }
  return axis.all() ? reshape(Operand(rolled, site), shape) : rolled;
}
Tensor roll(Operand x, std::int64_t shift, Axes axis) {
  return roll(std::move(x), DimList{shift}, axis);
}

Tensor tile(Operand x, DimList repetitions) {
  const source_location site = site_of(x);
  DimList shape(tensor_meta("tile", x).dims());
  while (shape.size() < repetitions.size()) {
    DimList longer{1};
    for (const std::int64_t extent : shape)
      longer.push_back(extent);
    shape = longer;
  }
  Tensor tiled = reshape(std::move(x), shape);
  const std::size_t added = shape.size() - repetitions.size();
  for (std::size_t i = 0; i < repetitions.size(); ++i)
    if (repetitions[i] != 1)
      tiled = repeated(Operand(tiled, site), "tile", static_cast<std::int64_t>(i + added),
                       repetitions[i], Repeated::runs);
  return tiled;
}

Tensor repeat(Operand x, std::int64_t count, std::optional<int> axis) {
  const source_location site = site_of(x);
  if (!axis) {
    const Tensor flat = flatten(std::move(x));
    return repeated(Operand(flat, site), "repeat", 0, count, Repeated::elements);
  }
  const std::int64_t along = axis_of("repeat", x, *axis);
  return repeated(std::move(x), "repeat", along, count, Repeated::elements);
}

Tensor moveaxis(Operand x, Axes source, Axes destination) {
  const DimList order = moved(x, source, destination);
  return permute_dims(std::move(x), order);
}

Tensor swapaxes(Operand x, int axis1, int axis2) {
  const Meta &meta = tensor_meta("swapaxes", x);
  const auto a = static_cast<std::size_t>(axis_of("swapaxes", x, axis1));
  const auto b = static_cast<std::size_t>(axis_of("swapaxes", x, axis2));
  DimList order;
  for (std::int64_t i = 0; i < meta.rank; ++i)
    order.push_back(i);
  std::swap(order[a], order[b]);
  return permute_dims(std::move(x), order);
}

Tensor matrix_transpose(Operand x) {
  const Meta &meta = tensor_meta("matrix_transpose", x);
  if (meta.rank < 2)
    refuse("matrix_transpose", "needs two axes, got " + describe(meta), site_of(x));
  return swapaxes(std::move(x), -2, -1);
}

Tensor flatten(Operand x) {
  const std::int64_t size = tensor_meta("flatten", x).size;
  return reshape(std::move(x), {size});
}

std::vector<Tensor> unstack(Operand x, int axis) {
  const source_location site = site_of(x);
  const std::int64_t along = axis_of("unstack", x, axis);
  const Tensor whole = detail::Access::tensor_of(x);
  std::vector<Tensor> parts;
  const std::int64_t count = whole.shape()[static_cast<std::size_t>(along)];
  detail::typed("unstack", site, [&] { parts.reserve(static_cast<std::size_t>(count)); });
  for (std::int64_t i = 0; i < count; ++i) {
    const Tensor part = part_of(whole, along, i, 1, site);
    parts.push_back(squeeze(Operand(part, site), static_cast<int>(along)));
  }
  return parts;
}

std::vector<Tensor> split(Operand x, std::int64_t sections, int axis) {
  const source_location site = site_of(x);
  const std::int64_t along = axis_of("split", x, axis);
  const Tensor whole = detail::Access::tensor_of(x);
  const std::int64_t extent = whole.shape()[static_cast<std::size_t>(along)];
  if (sections < 1 || extent % sections != 0)
    refuse("split",
           "an axis of " + std::to_string(extent) + " does not divide into " +
               std::to_string(sections) + " equal parts",
           site);
  std::vector<Tensor> parts;
  detail::typed("split", site, [&] { parts.reserve(static_cast<std::size_t>(sections)); });
  for (std::int64_t i = 0; i < sections; ++i)
    parts.push_back(part_of(whole, along, i * (extent / sections), extent / sections, site));
  return parts;
}

Tensor pad(Operand x, DimList low, DimList high, Operand value, DimList interior) {
  const source_location site = site_of(x);
  const Meta &meta = tensor_meta("pad", x);
  if (!detail::Access::is_scalar(value))
    refuse("pad", "the value must be a number", site);
  detail::settle_fill("pad", value, meta.dtype);
  const PadAttrs attrs{low, high, list_or(interior, meta.rank, 0)};
  return dispatch(OpKind::pad, attrs.encode(), x, value);
}

Tensor slice_update(Operand x, Operand y, DimList starts, DimList steps) {
  const source_location site = site_of(x);
  const Meta &meta = tensor_meta("slice_update", x), &part = tensor_meta("slice_update", y);
  if (starts.size() != meta.rank || part.rank != meta.rank)
    refuse("slice_update",
           describe(part) + " at " + std::to_string(starts.size()) + " places does not fit " +
               describe(meta),
           site);
  const SliceUpdateAttrs attrs{list_or(steps, meta.rank, 1)};
  std::vector<Operand> operands;
  detail::typed("slice_update", site, [&] { operands.reserve(starts.size() + 2); });
  operands.push_back(std::move(x));
  operands.push_back(std::move(y));
  std::vector<OperandType> types;
  for (const Operand &operand : operands)
    types.push_back({detail::Access::impl(operand)->meta});
  for (const std::int64_t start : starts) {
    operands.emplace_back(start, site);
    types.push_back({nullptr, ScalarKind::integer});
  }
  const AttrWriter words = attrs.encode();
  const InferRequest request{OpKind::slice_update, words, types};
  Inferred inferred;
  detail::typed("slice_update", site, [&] {
    auto message = infer(request, inferred);
    if (!message)
      message = check_starts(request, starts);
    if (message)
      throw Error(ErrorCode::invalid_argument, *message, site);
  });
  return dispatch(OpKind::slice_update, words, operands);
}

} // namespace jit
