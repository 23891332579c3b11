// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Axes and shapes as users write them.
#include "runtime/ops/Axes.h"

#include <algorithm>
#include <utility>

namespace jit {
namespace {

std::string out_of_range(const Meta &x, std::int64_t axis) {
  return "axis " + std::to_string(axis) + " is out of range for " + describe(x);
}
std::string named(std::string_view function, const std::string &message) {
  return std::string(function) + ": " + message;
}

} // namespace

std::optional<std::string> check_axis(const Meta &x, std::int64_t axis) {
  if (axis < 0 || axis >= x.rank)
    return out_of_range(x, axis);
  return std::nullopt;
}

std::optional<std::string> check_axes(const Meta &x, Dims axes) {
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (auto error = check_axis(x, axes[i]))
      return error;
    if (i > 0 && axes[i] == axes[i - 1])
      return "axis " + std::to_string(axes[i]) + " is repeated";
    if (i > 0 && axes[i] < axes[i - 1])
      return std::string("axes are not in ascending order");
  }
  return std::nullopt;
}

DimList without_axis(Dims dims, std::int64_t axis) {
  DimList rest;
  for (std::size_t i = 0; i < dims.size(); ++i)
    if (static_cast<std::int64_t>(i) != axis)
      rest.push_back(dims[i]);
  return rest;
}

std::optional<std::string> resolve_axis(std::string_view function, const Meta &x, std::int64_t axis,
                                        std::int64_t rank, std::int64_t &out) {
  if (axis < -rank || axis >= rank)
    return named(function, out_of_range(x, axis));
  out = axis < 0 ? axis + rank : axis;
  return std::nullopt;
}

std::optional<std::string> resolve_axes(std::string_view function, const Meta &x, const Axes &axes,
                                        DimList &out) {
  out = {};
  if (axes.all()) {
    for (std::int64_t i = 0; i < x.rank; ++i)
      out.push_back(i);
    return std::nullopt;
  }
  std::array<bool, max_rank> chosen{};
  for (std::int64_t axis : axes.values()) {
    std::int64_t resolved = 0;
    if (auto error = resolve_axis(function, x, axis, x.rank, resolved))
      return error;
    if (std::exchange(chosen[static_cast<std::size_t>(resolved)], true))
      return named(function, "axis " + std::to_string(axis) + " is repeated");
  }
  for (std::size_t i = 0; i < max_rank; ++i)
    if (chosen[i])
      out.push_back(static_cast<std::int64_t>(i));
  return std::nullopt;
}

std::optional<std::string> resolve_permutation(std::string_view function, const Meta &x,
                                               const Axes &axes, DimList &out) {
  DimList sorted;
  if (auto error = resolve_axes(function, x, axes, sorted))
    return error;
  if (sorted.size() != x.rank)
    return named(function, std::to_string(sorted.size()) + " axes are given for " + describe(x));
  out = {};
  for (std::size_t i = 0; i < x.rank; ++i) {
    const std::int64_t axis =
        axes.all() ? x.rank - 1 - static_cast<std::int64_t>(i) : axes.values()[i];
    out.push_back(axis < 0 ? axis + x.rank : axis);
  }
  return std::nullopt;
}

std::optional<std::string> resolve_squeeze(std::string_view function, const Meta &x,
                                           const Axes &axes, DimList &out) {
  if (!axes.all())
    return resolve_axes(function, x, axes, out);
  out = {};
  for (std::size_t i = 0; i < x.rank; ++i)
    if (x.dims()[i] == 1)
      out.push_back(static_cast<std::int64_t>(i));
  return std::nullopt;
}

std::optional<std::string> resolve_shape(std::string_view function, const Meta &x, Dims shape,
                                         DimList &out) {
  const auto mismatch = [&] {
    std::string text = describe(x.dtype, shape);
    return named(function,
                 describe(x) + " does not have the elements of " + text.substr(text.find('[')));
  };
  out = DimList(shape);
  const auto open = std::ranges::find(shape, -1);
  if (open == shape.end())
    return std::nullopt; // infer compares the sizes
  if (std::ranges::count(shape, -1) > 1)
    return named(function, "only one extent may be -1");
  std::int64_t known = 1;
  for (std::int64_t extent : shape)
    if (extent != -1 && (extent < 0 || __builtin_mul_overflow(known, extent, &known)))
      return mismatch();
  if (known == 0 || x.size % known != 0)
    return mismatch();
  out[static_cast<std::size_t>(open - shape.begin())] = x.size / known;
  return std::nullopt;
}

} // namespace jit
