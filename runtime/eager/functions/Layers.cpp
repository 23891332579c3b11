// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parts of networks: gates, norms over groups, embeddings, shuffles.
#include "runtime/eager/functions/Term.h"

#include <tracejit/autograd.h>

#include <algorithm>

namespace jit {

using detail::choose;
using detail::refuse;
using detail::tensor_term;
using detail::Term;

Tensor glu(Operand x, int axis) {
  const Term value = tensor_term("glu", x);
  const auto along = static_cast<std::size_t>(detail::axis_of("glu", x, axis));
  if (value.extent(along) % 2)
    refuse("glu", "axis " + std::to_string(along) + " of " + describe(value.meta()) + " is odd",
           value.site());
  const std::vector<Tensor> halves = split(value, 2, static_cast<int>(along));
  const Term gate = value.with(sigmoid(value.with(halves[1])));
  return (value.with(halves[0]) * gate).tensor();
}

/// 1 / sqrt(x).
static Term inverse_root(const Term &x) { return 1 / x.with(sqrt(x)); }

Tensor rms_norm(Operand x, Operand gamma, double eps) {
  const Term value = tensor_term("rms_norm", x), scale = tensor_term("rms_norm", gamma);
  detail::axis_of("rms_norm", x, -1);
  const std::int64_t width = value.extent(value.meta().rank - 1u);
  if (scale.meta().rank != 1 || scale.extent(0) != width)
    refuse("rms_norm", "needs gamma [" + std::to_string(width) + "], got " + describe(scale.meta()),
           value.site());
  const Term power = value.with(mean(value.with(square(value)), {.axis = -1, .keepdims = true}));
  return (value * inverse_root(power + eps) * scale).tensor();
}

static Tensor normalize_groups(std::string_view function, const Operand &x,
                               std::optional<std::int64_t> groups, const Operand &gamma,
                               const Operand &beta, double eps) {
  const Term value = tensor_term(function, x);
  const Term scale = tensor_term(function, gamma), shift = tensor_term(function, beta);
  const Meta &meta = value.meta();
  const std::int64_t channels = meta.rank < 2 ? 0 : meta.dim_values[1];
  const std::int64_t count = groups.value_or(channels);
  if (meta.rank < 2 || count < 1 || channels % count)
    refuse(function,
           "the channels of " + describe(meta) + " do not divide into " + std::to_string(count) +
               " groups",
           value.site());
  for (const Term *part : {&scale, &shift})
    if (part->meta().rank != 1 || part->extent(0) != channels)
      refuse(function,
             "needs gamma and beta [" + std::to_string(channels) + "], got " +
                 describe(part->meta()),
             value.site());
  const DimList shape(meta.dims());
  const std::int64_t size = meta.size / std::max<std::int64_t>(meta.dim_values[0] * count, 1);
  const Term rows = value.with(reshape(value, {meta.dim_values[0], count, size}));
  const auto [var, mean] = var_mean(rows, {.axis = -1, .keepdims = true});
  const Term normal = (rows - rows.with(mean)) * inverse_root(rows.with(var) + eps);
  DimList column{channels};
  for (std::size_t i = 2; i < shape.size(); ++i)
    column.push_back(1);
  const auto by_channel = [&](const Term &t) { return t.with(reshape(t, column)); };
  const Term shaped = normal.with(reshape(normal, shape));
  return (shaped * by_channel(scale) + by_channel(shift)).tensor();
}

Tensor group_norm(Operand x, std::int64_t groups, Operand gamma, Operand beta, double eps) {
  return normalize_groups("group_norm", x, groups, gamma, beta, eps);
}
Tensor instance_norm(Operand x, Operand gamma, Operand beta, double eps) {
  return normalize_groups("instance_norm", x, {}, gamma, beta, eps);
}

Tensor embedding(Operand weights, Operand index, std::optional<std::int64_t> padding) {
  const Term table = tensor_term("embedding", weights), places = tensor_term("embedding", index);
  if (table.meta().rank != 2)
    refuse("embedding", "needs weights [rows,width], got " + describe(table.meta()), table.site());
  const Term rows = table.with(take(table, places, 0));
  if (!padding)
    return rows.tensor();
  if (*padding < 0 || *padding >= table.extent(0))
    refuse("embedding",
           "padding " + std::to_string(*padding) + " is no row of " + describe(table.meta()),
           table.site());
  const Term is_padding = table.with(expand_dims(table.with(places.tensor()) == *padding, -1));
  return choose(is_padding, rows.with(stop_gradient(rows)), rows).tensor();
}

Tensor pixel_shuffle(Operand x, std::int64_t factor) {
  const Term value = tensor_term("pixel_shuffle", x);
  const Meta &meta = value.meta();
  const std::int64_t channels = meta.rank < 3 ? 0 : meta.dim_values[meta.rank - 3];
  std::int64_t area = 0;
  if (meta.rank < 3 || factor < 1 || __builtin_mul_overflow(factor, factor, &area) ||
      channels % area)
    refuse("pixel_shuffle",
           "the channels of " + describe(meta) + " are no multiple of " + std::to_string(factor) +
               " squared",
           value.site());
  const std::size_t front = meta.rank - 3u;
  const std::int64_t rows = meta.dim_values[front + 1], columns = meta.dim_values[front + 2];
  DimList shape(meta.dims().first(front));
  const std::int64_t batch = meta.size / std::max<std::int64_t>(channels * rows * columns, 1);
  for (const std::int64_t extent : {channels / area, rows * factor, columns * factor})
    shape.push_back(extent);
  const std::int64_t groups = batch * (channels / area);
  const Term apart = value.with(reshape(value, {groups, factor, factor, rows, columns}));
  const Term mixed = value.with(permute_dims(apart, {0, 3, 1, 4, 2}));
  return reshape(mixed, shape);
}

Tensor channel_shuffle(Operand x, std::int64_t groups) {
  const Term value = tensor_term("channel_shuffle", x);
  const Meta &meta = value.meta();
  if (meta.rank < 2 || groups < 1 || meta.dim_values[1] % groups)
    refuse("channel_shuffle",
           "the channels of " + describe(meta) + " do not divide into " + std::to_string(groups) +
               " groups",
           value.site());
  const DimList shape(meta.dims());
  const std::int64_t behind = meta.size / std::max<std::int64_t>(shape[0] * shape[1], 1);
  const Term apart = value.with(reshape(value, {shape[0], groups, shape[1] / groups, behind}));
  return reshape(value.with(swapaxes(apart, 1, 2)), shape);
}

} // namespace jit
