// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Axes and shapes as users write them, and as attributes hold them: resolved, in range, sorted.
// Messages have no op's name in front where rules use them; those of resolve_* are whole, with the
// name of an op or of a function that is written with ops.
#pragma once

#include "runtime/ops/OpTable.h"

namespace jit {

/// Attribute axes: in range, strictly ascending.
std::optional<std::string> check_axes(const Meta &x, Dims axes);
std::optional<std::string> check_axis(const Meta &x, std::int64_t axis);

DimList without_axis(Dims dims, std::int64_t axis);

/// Whether an axis of extent `size` has room for so many elements `step`, not 0, apart.
inline bool fits_axis(std::int64_t extent, std::int64_t step, std::int64_t size) noexcept {
  // (extent - 1) * |step| < size, without overflow; the quotient is <= 0 for negative steps.
  return extent >= 0 && extent <= size &&
         (extent <= 1 || (step > 0 ? (size - 1) / step : -((size - 1) / step)) >= extent - 1);
}

/// A user's axes as attribute: all of them listed, negative ones counted from the end, sorted.
/// Refuses axes out of range or repeated.
std::optional<std::string> resolve_axes(std::string_view function, const Meta &x, const Axes &axes,
                                        DimList &out);
/// One axis of a shape of rank `rank`, in [-rank, rank); `x` is for the message.
std::optional<std::string> resolve_axis(std::string_view function, const Meta &x, std::int64_t axis,
                                        std::int64_t rank, std::int64_t &out);
/// The order of permute_dims: `axes` holds every axis once; all() reverses.
std::optional<std::string> resolve_permutation(std::string_view function, const Meta &x,
                                               const Axes &axes, DimList &out);
/// The axes of squeeze: those given, or all of extent 1.
std::optional<std::string> resolve_squeeze(std::string_view function, const Meta &x,
                                           const Axes &axes, DimList &out);
/// The shape of reshape, where one extent may be -1.
std::optional<std::string> resolve_shape(std::string_view function, const Meta &x, Dims shape,
                                         DimList &out);

} // namespace jit
