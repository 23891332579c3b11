// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shapes that several tensors have in common, and axes taken apart.
#include "runtime/eager/Typed.h"
#include "runtime/eager/functions/Term.h"
#include "runtime/ops/ShapeRules.h"

#include <algorithm>

namespace jit {

using detail::refuse;
using detail::tensor_term;
using detail::Term;
using std::source_location;

Tensor transpose(Operand x, Axes axes) {
  const Term value = tensor_term("transpose", x);
  DimList order;
  detail::throw_if(resolve_permutation("transpose", value.meta(), axes, order), x);
  return permute_dims(std::move(x), order);
}
Tensor transpose(Operand x, int axis1, int axis2) {
  const auto first = static_cast<int>(detail::axis_of("transpose", x, axis1));
  const auto second = static_cast<int>(detail::axis_of("transpose", x, axis2));
  return swapaxes(std::move(x), first, second);
}

Tensor expand(Operand x, DimList shape) {
  const Term value = tensor_term("expand", x);
  const Meta &meta = value.meta();
  const std::size_t added = shape.size() - std::min<std::size_t>(shape.size(), meta.rank);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != -1)
      continue;
    if (i < added || shape.size() < meta.rank)
      refuse("expand", "-1 stands for no axis of " + describe(meta), value.site());
    shape[i] = meta.dim_values[i - added];
  }
  return broadcast_to(value, shape);
}

Tensor unflatten(Operand x, int axis, DimList extents) {
  const Term value = tensor_term("unflatten", x);
  const auto along = static_cast<std::size_t>(detail::axis_of("unflatten", x, axis));
  const std::int64_t extent = value.extent(along);
  std::int64_t known = 1, unknowns = 0;
  bool fits = true;
  for (const std::int64_t part : extents) {
    unknowns += part == -1;
    fits &= part >= -1;
    if (part >= 0)
      fits &= !__builtin_mul_overflow(known, part, &known);
  }
  fits &= unknowns == 0 ? known == extent : unknowns == 1 && known > 0 && extent % known == 0;
  if (!fits || value.meta().rank - 1u + extents.size() > max_rank)
    refuse("unflatten",
           "axis " + std::to_string(along) + " of " + describe(value.meta()) +
               " does not divide into " + describe(value.meta().dtype, extents),
           value.site());
  DimList shape;
  for (std::size_t i = 0; i < value.meta().rank; ++i)
    if (i != along)
      shape.push_back(value.extent(i));
    else
      for (const std::int64_t part : extents)
        shape.push_back(part == -1 ? extent / known : part);
  return reshape(value, shape);
}

std::vector<Tensor> chunk(Operand x, std::int64_t chunks, int axis) {
  const Term value = tensor_term("chunk", x);
  const auto along = static_cast<std::size_t>(detail::axis_of("chunk", x, axis));
  if (chunks < 1)
    refuse("chunk", "cannot make " + std::to_string(chunks) + " chunks", value.site());
  const std::int64_t extent = value.extent(along);
  const std::int64_t size = std::max<std::int64_t>(extent / chunks + (extent % chunks != 0), 1);
  const Term front = value.with(moveaxis(value, static_cast<int>(along), 0));
  std::vector<Tensor> parts;
  std::int64_t begin = 0;
  do {
    const slice part(begin, std::min(begin + size, extent));
    const Tensor taken = front.tensor()(detail::Index(part, value.site()));
    parts.push_back(moveaxis(value.with(taken), 0, static_cast<int>(along)));
    begin += size;
  } while (begin < extent);
  return parts;
}

static std::vector<Tensor> broadcast_all(std::string_view function, std::vector<Tensor> xs,
                                         const source_location &site) {
  DimList shape;
  for (const Tensor &x : xs) {
    const Meta &meta = detail::tensor_meta(function, Operand(x, site));
    if (!broadcast_into(shape, meta.dims()))
      refuse(function, describe(meta) + " does not broadcast to " + describe(meta.dtype, shape),
             site);
  }
  for (Tensor &x : xs)
    if (!(x.shape() == Dims(shape)))
      x = broadcast_to(Operand(x, site), shape);
  return xs;
}

std::vector<Tensor> broadcast_arrays(std::vector<Tensor> xs, source_location site) {
  return broadcast_all("broadcast_arrays", std::move(xs), site);
}

std::vector<Tensor> meshgrid(std::vector<Tensor> xs, Indexing indexing, source_location site) {
  if (xs.size() > max_rank)
    refuse("meshgrid", std::to_string(xs.size()) + " axes, at most 8 are allowed", site);
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const Meta &meta = detail::tensor_meta("meshgrid", Operand(xs[i], site));
    if (meta.rank > 1)
      refuse("meshgrid", "needs tensors of rank 1, got " + describe(meta), site);
    DimList shape;
    for (std::size_t j = 0; j < xs.size(); ++j)
      shape.push_back(1);
    const std::size_t axis = indexing == Indexing::xy && xs.size() > 1 && i < 2 ? 1 - i : i;
    shape[axis] = meta.size;
    xs[i] = reshape(Operand(xs[i], site), shape);
  }
  return broadcast_all("meshgrid", std::move(xs), site);
}

} // namespace jit
