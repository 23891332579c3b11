// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Indexing as NumPy has it: x(...) reads, x.at(...) gives a handle another value.
#include "runtime/eager/Dispatch.h"
#include "runtime/eager/Numbers.h"
#include "runtime/eager/Typed.h"
#include "runtime/eager/VariableBox.h"
#include "runtime/eager/functions/AxisArguments.h"
#include "runtime/ops/Attributes.h"
#include "runtime/ops/ShapeRules.h"
#include "runtime/ops/Views.h"

#include <tracejit/ops.h>

#include <algorithm>

namespace jit {

using detail::Access;
using detail::Change;
using detail::dispatch;
using detail::Index;
using detail::refuse;
using detail::tensor_meta;
using std::source_location;

namespace {

std::int64_t checked_position(const Index &index, const Meta &meta, std::size_t axis) {
  const std::int64_t size = meta.dim_values[axis], position = index.position;
  if (position < -size || position >= size)
    refuse("index",
           std::to_string(position) + " is out of range for axis " + std::to_string(axis) + " of " +
               describe(meta),
           index.site);
  return position < 0 ? position + size : position;
}

/// Axes of the operand that the indices name; an ellipsis stands for the others.
std::size_t count_axes(std::span<const Index> indices, const Meta &meta) {
  std::size_t named = 0, rests = 0;
  for (const Index &index : indices) {
    named += index.kind != Index::new_axis && index.kind != Index::rest;
    rests += index.kind == Index::rest;
  }
  if (named > meta.rank || rests > 1)
    refuse("index",
           std::to_string(named) + " indices" + (rests > 1 ? " and two ellipses" : "") + " for " +
               describe(meta),
           indices.front().site);
  return named;
}

/// What indices come to: a slice of every axis, other axes for the result, and tensors of indices.
struct Selection {
  DimList starts, shape;
  SliceAttrs box;
  std::vector<std::pair<int, const Tensor *>> gathers; ///< axis of `shape`
  bool sliced = false, reshaped = false;
};

Selection select(std::span<const Index> indices, const Meta &meta) {
  const source_location site = indices.front().site;
  const std::size_t rest = meta.rank - count_axes(indices, meta);
  Selection out{};
  std::size_t axis = 0;
  const auto take_range = [&](std::int64_t start, std::int64_t extent, std::int64_t step) {
    out.starts.push_back(start);
    out.box.extents.push_back(extent);
    out.box.steps.push_back(step);
  };
  const auto keep_axis = [&] {
    take_range(0, meta.dim_values[axis], 1);
    out.shape.push_back(meta.dim_values[axis++], site);
  };
  for (const Index &index : indices) {
    switch (index.kind) {
    case Index::new_axis:
      out.shape.push_back(1, site);
      out.reshaped = true;
      break;
    case Index::rest:
      for (std::size_t i = 0; i < rest; ++i)
        keep_axis();
      break;
    case Index::tensor:
      detail::typed("index", site, [&] {
        out.gathers.emplace_back(static_cast<int>(out.shape.size()), index.indices);
      });
      keep_axis();
      break;
    case Index::integer:
      take_range(checked_position(index, meta, axis++), 1, 1);
      out.sliced = out.reshaped = true;
      break;
    case Index::range: {
      if (index.bounds.step == 0)
        throw Error(ErrorCode::invalid_argument, "slice: step must not be 0", index.site);
      const SliceRange range = resolve_slice(meta.dim_values[axis++], index.bounds.begin,
                                             index.bounds.end, index.bounds.step);
      take_range(range.start, range.extent, index.bounds.step);
      out.shape.push_back(range.extent, site);
      out.sliced = true;
      break;
    }
    case Index::absent:
      break;
    }
  }
  while (axis < meta.rank)
    keep_axis();
  return out;
}

Tensor read_slice(Tensor x, const Selection &selection, const source_location &site) {
  if (selection.sliced) {
    std::vector<Operand> operands;
    detail::typed("slice", site, [&] { operands.reserve(selection.starts.size() + 1); });
    operands.emplace_back(std::move(x), site);
    for (const std::int64_t start : selection.starts)
      operands.emplace_back(start, site);
    x = dispatch(OpKind::slice, selection.box.encode(), operands);
  }
  if (selection.reshaped)
    x = reshape(Operand(std::move(x), site), selection.shape);
  return x;
}

// Masks
// ----------------------------------------------------------------------------------------------

/// The mask, if the only index is one.
const Tensor *mask_of(std::span<const Index> indices, const Meta &x) {
  const auto is_mask = [](const Index &index) {
    return index.kind == Index::tensor &&
           tensor_meta("index", Operand(*index.indices, index.site)).dtype == DType::boolean;
  };
  const auto mask = std::ranges::find_if(indices, is_mask);
  if (mask == indices.end())
    return nullptr;
  if (indices.size() > 1)
    refuse("index", "a mask stands alone", mask->site);
  const Meta &meta = *Access::impl(*mask->indices)->meta;
  if (meta.rank > x.rank || !std::ranges::equal(meta.dims(), x.dims().first(meta.rank)))
    refuse("index",
           "the mask " + describe(meta) + " does not have the first extents of " + describe(x),
           mask->site);
  return mask->indices;
}

Tensor read_masked(const Tensor &x, const Tensor &mask, const source_location &site) {
  const auto rank = static_cast<std::size_t>(mask.ndim(site));
  DimList flat;
  flat.push_back(mask.size(site));
  for (const std::int64_t extent : x.shape(site).subspan(rank))
    flat.push_back(extent);
  const Tensor places = nonzero(Operand(flatten(Operand(mask, site)), site));
  return take(Operand(reshape(Operand(x, site), flat), site),
              Operand(flatten(Operand(places, site)), site), 0);
}

// Several tensors of indices
// ----------------------------------------------------------------------------------------------

/// Tensors of indices taken together, as one of places along the axes that they name, which come to
/// lie side by side.
struct Paired {
  DimList order;   ///< of the selection's axes
  DimList extents; ///< of these, in that order
  DimList merged;  ///< the same with the named axes as one
  int axis;        ///< that one
  Tensor places;
  bool in_order = true;

  DimList back() const {
    DimList inverse(order);
    for (std::size_t i = 0; i < order.size(); ++i)
      inverse[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
    return inverse;
  }
};

/// One tensor of indices as numbers from 0 on. What is out of range is refused by the op that reads
/// zeros there, which are no memory.
Tensor counted_from_front(const Tensor &index, std::int64_t extent, const source_location &site) {
  const auto at = [&](Tensor x) { return Operand(std::move(x), site); };
  const Tensor wide = astype(Operand(index, site), DType::i64);
  Tensor from_end = add(Operand(wide, site), Operand(extent, site));
  Tensor place = where(at(less(Operand(wide, site), Operand(0, site))), at(std::move(from_end)),
                       Operand(wide, site));
  const WhereItLies there(index);
  Tensor zero = broadcast_to(at(full({}, Operand(0, site), DType::i64)), {extent});
  return add(at(std::move(place)), at(take(at(std::move(zero)), Operand(index, site), 0)));
}

/// Where the named axes are side by side their axis stays there, else it comes first.
Paired pair_up(const Selection &selection, const source_location &site) {
  const auto &gathers = selection.gathers;
  const std::size_t count = gathers.size();
  const auto first = static_cast<std::size_t>(gathers.front().first);
  const bool together = static_cast<std::size_t>(gathers.back().first) + 1 == first + count;
  Paired out;
  out.axis = together ? static_cast<int>(first) : 0;
  out.in_order = together;
  DimList joined;
  for (const auto &[axis, index] : gathers)
    if (!broadcast_into(joined, index->shape(site)))
      refuse("index",
             "tensors of indices do not broadcast: " +
                 describe(*Access::impl(*gathers.front().second)->meta) + " and " +
                 describe(*Access::impl(*index)->meta),
             site);
  const auto add_axis = [&](int axis) {
    out.order.push_back(axis);
    out.extents.push_back(selection.shape[static_cast<std::size_t>(axis)]);
  };
  std::int64_t places = 1;
  for (int axis = 0; axis < static_cast<int>(selection.shape.size()); ++axis) {
    if (static_cast<int>(out.merged.size()) == out.axis) {
      for (const auto &gather : gathers) {
        add_axis(gather.first);
        places *= selection.shape[static_cast<std::size_t>(gather.first)];
      }
      out.merged.push_back(places);
    }
    if (std::ranges::find(gathers, axis, &std::pair<int, const Tensor *>::first) != gathers.end())
      continue;
    add_axis(axis);
    out.merged.push_back(selection.shape[static_cast<std::size_t>(axis)]);
  }
  std::int64_t apart = 1;
  for (auto gather = gathers.rbegin(); gather != gathers.rend(); ++gather) {
    const std::int64_t extent = selection.shape[static_cast<std::size_t>(gather->first)];
    Tensor place = counted_from_front(*gather->second, extent, site);
    place = multiply(Operand(std::move(place), site), Operand(apart, site));
    out.places = out.places.empty()
                     ? std::move(place)
                     : add(Operand(std::move(out.places), site), Operand(std::move(place), site));
    apart *= extent;
  }
  return out;
}

Tensor read_paired(Tensor x, const Paired &paired, const source_location &site) {
  if (!paired.in_order)
    x = permute_dims(Operand(std::move(x), site), paired.order);
  x = reshape(Operand(std::move(x), site), paired.merged);
  return jit::take(Operand(std::move(x), site), Operand(paired.places, site), paired.axis);
}

// Assignment
// ----------------------------------------------------------------------------------------------

/// `value` as elements of x: a number, or a tensor whose conversion loses no more than precision.
Tensor converted(Operand value, const Meta &x, const source_location &site) {
  if (Access::is_scalar(value)) {
    detail::settle_fill("at", value, x.dtype);
    const WhereItLies there(x);
    return full({}, std::move(value), x.dtype);
  }
  const DType dtype = tensor_meta("at", value).dtype;
  if (dtype == x.dtype)
    return Access::tensor_of(value);
  if (is_float(dtype) && !is_float(x.dtype))
    refuse("at",
           describe(*Access::impl(value)->meta) + " does not fit into " + describe(x) +
               ": use astype",
           site);
  return astype(std::move(value), x.dtype);
}

Tensor broadcast(Tensor value, Dims shape, const source_location &site) {
  if (std::ranges::equal(value.shape(site), shape))
    return value;
  return broadcast_to(Operand(std::move(value), site), DimList(shape));
}

/// x in another shape; if this throws, x is given back.
Tensor reshaped(Tensor &x, const DimList &shape, const source_location &site) {
  Operand operand(std::move(x), site);
  try {
    return dispatch(OpKind::reshape, ReshapeAttrs{shape}.encode(), operand);
  } catch (...) {
    x = Access::tensor_of(operand);
    throw;
  }
}

/// x, whose handle is not used again but to be given back if this throws, with `part` in place of
/// what the selection reads.
Tensor write_slice(Tensor &x, Tensor part, const Selection &selection,
                   const source_location &site) {
  part = broadcast(std::move(part), selection.shape, site);
  if (!selection.sliced && !selection.reshaped)
    return part.contiguous(site);
  if (selection.reshaped)
    part = reshape(Operand(std::move(part), site), selection.box.extents);
  std::vector<Operand> operands;
  detail::typed("at", site, [&] { operands.reserve(selection.starts.size() + 2); });
  operands.emplace_back(std::move(x), site);
  operands.emplace_back(std::move(part), site);
  for (const std::int64_t start : selection.starts)
    operands.emplace_back(start, site);
  try {
    return dispatch(OpKind::slice_update, SliceUpdateAttrs{selection.box.steps}.encode(), operands);
  } catch (...) {
    x = Access::tensor_of(operands[0]);
    throw;
  }
}

Tensor scattered(Tensor &x, const Tensor &index, Tensor updates, int axis, ScatterMode mode,
                 const source_location &site) {
  DimList shape;
  const Dims dims = x.shape(site);
  for (std::size_t i = 0; i < dims.size(); ++i)
    if (static_cast<int>(i) != axis)
      shape.push_back(dims[i], site);
    else
      for (const std::int64_t extent : index.shape(site))
        shape.push_back(extent, site);
  Operand operands[]{
      {std::move(x), site}, {index, site}, {broadcast(std::move(updates), shape, site), site}};
  try {
    return dispatch(OpKind::scatter, ScatterAttrs{axis, static_cast<std::int64_t>(mode)}.encode(),
                    operands);
  } catch (...) {
    x = Access::tensor_of(operands[0]);
    throw;
  }
}

/// The same with several tensors of indices.
Tensor scattered(Tensor &x, const Paired &paired, Tensor updates, ScatterMode mode,
                 const source_location &site) {
  if (!paired.in_order) {
    Tensor moved = permute_dims(Operand(x, site), paired.order);
    moved = reshape(Operand(std::move(moved), site), paired.merged);
    moved = scattered(moved, paired.places, std::move(updates), paired.axis, mode, site);
    moved = reshape(Operand(std::move(moved), site), paired.extents);
    return permute_dims(Operand(std::move(moved), site), paired.back()).contiguous(site);
  }
  Tensor merged = reshaped(x, paired.merged, site);
  try {
    merged = scattered(merged, paired.places, std::move(updates), paired.axis, mode, site);
    return reshaped(merged, paired.extents, site);
  } catch (...) {
    x = reshape(Operand(std::move(merged), site), paired.extents);
    throw;
  }
}

ScatterMode mode_of(Change how, const source_location &site) {
  switch (how) {
  case Change::set:
    return ScatterMode::set;
  case Change::add:
  case Change::subtract:
    return ScatterMode::add;
  case Change::multiply:
    return ScatterMode::multiply;
  case Change::divide:
    break;
  }
  refuse("at", "/= does not take a tensor of indices: multiply, or take and assign", site);
}

/// One assignment to some elements.
struct Update {
  Change how;
  std::span<const Index> indices;
  const source_location &site;

  /// The new value of x, which is not used again but to be given back if this throws.
  Tensor of(Tensor &x, Operand value) const {
    const Meta &meta = tensor_meta("at", Operand(x, site));
    Tensor change = converted(std::move(value), meta, site);
    if (const Tensor *mask = mask_of(indices, meta))
      return masked(x, *mask, std::move(change));
    const Selection selection = select(indices, meta);
    if (selection.gathers.empty())
      return write_slice(x, changed(read_old(x, selection), std::move(change), meta), selection,
                         site);
    const ScatterMode mode = mode_of(how, site);
    if (how == Change::subtract)
      change = negative(Operand(std::move(change), site));
    if (!selection.sliced && !selection.reshaped)
      return gathered(x, selection, std::move(change), mode);
    Tensor part = read_slice(x, selection, site);
    part = gathered(part, selection, std::move(change), mode);
    return write_slice(x, std::move(part), selection, site);
  }

private:
  Tensor gathered(Tensor &x, const Selection &selection, Tensor change, ScatterMode mode) const {
    const auto [axis, index] = selection.gathers[0];
    if (selection.gathers.size() == 1)
      return scattered(x, *index, std::move(change), axis, mode, site);
    return scattered(x, pair_up(selection, site), std::move(change), mode, site);
  }

  Tensor read_old(const Tensor &x, const Selection &selection) const {
    return how == Change::set ? Tensor() : read_slice(x, selection, site);
  }

  /// What `old` becomes; it is empty if that does not matter.
  Tensor changed(Tensor old, Tensor by, const Meta &x) const {
    if (how == Change::set)
      return by;
    Operand a(std::move(old), site), b(std::move(by), site);
    Tensor out = how == Change::add        ? add(std::move(a), std::move(b))
                 : how == Change::subtract ? subtract(std::move(a), std::move(b))
                 : how == Change::multiply ? multiply(std::move(a), std::move(b))
                                           : divide(std::move(a), std::move(b));
    return converted(Operand(std::move(out), site), x, site);
  }

  Tensor masked(const Tensor &x, const Tensor &mask, Tensor change) const {
    const Meta &meta = *Access::impl(x)->meta;
    DimList shape(mask.shape(site));
    while (shape.size() < meta.rank)
      shape.push_back(1, site);
    change = broadcast(std::move(change), meta.dims(), site);
    change = changed(x, std::move(change), meta);
    return where(Operand(reshape(Operand(mask, site), shape), site),
                 Operand(std::move(change), site), Operand(x, site));
  }
};

} // namespace

Tensor Tensor::index_with(std::initializer_list<Index> indices) const {
  const source_location site = indices.begin()->site;
  const Meta &meta = tensor_meta("index", Operand(*this, site));
  if (const Tensor *mask = mask_of(indices, meta)) [[unlikely]]
    return read_masked(*this, *mask, site);
  const Selection selection = select(indices, meta);
  Tensor result = read_slice(*this, selection, site);
  if (selection.gathers.empty())
    return result;
  if (selection.gathers.size() > 1)
    return read_paired(std::move(result), pair_up(selection, site), site);
  const auto [axis, index] = selection.gathers[0];
  return jit::take(Operand(std::move(result), site), Operand(*index, site), axis);
}

namespace detail {

std::vector<Index> named_indices(std::initializer_list<Index> indices) {
  return typed("at", indices.begin()->site, [&] {
    std::vector<Index> named;
    for (const Index &index : indices)
      if (index.kind != Index::absent)
        named.push_back(index);
    return named;
  });
}

void Place::change(Change how, Operand value) {
  const source_location site = Access::site(value);
  const Update update{how, indices, site};
  // The op may take over what the handle alone holds, but not what it reads besides.
  const Tensor *const named = variable ? &variable->value() : tensor;
  const bool reads_itself =
      std::ranges::any_of(indices, [&](const Index &index) { return index.indices == named; });
  if (variable) {
    if (reads_itself || !Access::Box::can_lend(*variable)) {
      Tensor x = variable->value();
      x = update.of(x, std::move(value));
      *variable = {std::move(x), site};
      return;
    }
    Tensor x = Access::Box::lend(*variable);
    try {
      x = update.of(x, std::move(value));
    } catch (...) {
      Access::Box::give_back(*variable, std::move(x));
      throw;
    }
    return Access::Box::give_back(*variable, std::move(x));
  }
  Tensor x = reads_itself ? *tensor : std::move(*tensor);
  try {
    *tensor = update.of(x, std::move(value));
  } catch (...) {
    *tensor = std::move(x);
    throw;
  }
}

void Place::operator=(Operand value) && { change(Change::set, std::move(value)); }
void Place::operator+=(Operand value) && { change(Change::add, std::move(value)); }
void Place::operator-=(Operand value) && { change(Change::subtract, std::move(value)); }
void Place::operator*=(Operand value) && { change(Change::multiply, std::move(value)); }
void Place::operator/=(Operand value) && { change(Change::divide, std::move(value)); }

} // namespace detail

} // namespace jit
