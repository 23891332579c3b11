// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Padding with elements of the tensor itself: each axis is taken at places that are computed by
// ops, which compiled programs fold.
#include "runtime/eager/functions/Term.h"

#include <algorithm>

namespace jit {

using detail::refuse;
using detail::Term;

namespace {

/// The place in an axis of `extent` that stands at `place`, which may lie outside.
using Fold = Term (*)(const Term &place, std::int64_t extent);

Term reflected(const Term &place, std::int64_t extent) {
  if (extent == 1)
    return place * 0;
  const std::int64_t period = 2 * (extent - 1);
  const Term within = place.with(remainder(place, Operand(period, place.site())));
  return place.with(minimum(within, period - within));
}
Term replicated(const Term &place, std::int64_t extent) {
  return place.with(clip(place, Operand(0, place.site()), Operand(extent - 1, place.site())));
}
Term turned(const Term &place, std::int64_t extent) {
  return place.with(remainder(place, Operand(extent, place.site())));
}

Tensor padded(std::string_view function, const Operand &x, const DimList &low, const DimList &high,
              Fold fold) {
  Term value = detail::tensor_term(function, x);
  const Meta &meta = value.meta();
  if (low.size() != meta.rank || high.size() != meta.rank)
    refuse(function,
           std::to_string(low.size()) + " extents in front and " + std::to_string(high.size()) +
               " behind for " + describe(meta),
           value.site());
  DimList shape(meta.dims());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (low[i] < 0 || high[i] < 0)
      refuse(function,
             "extents must not be negative, got " + std::to_string(std::min(low[i], high[i])),
             value.site());
    if (shape[i] == 0 && (low[i] || high[i]))
      refuse(function, "axis " + std::to_string(i) + " of " + describe(meta) + " has no elements",
             value.site());
    if (__builtin_add_overflow(shape[i], low[i], &shape[i]) ||
        __builtin_add_overflow(shape[i], high[i], &shape[i]) ||
        !checked_size(DType::i64, DimList{shape[i]}))
      refuse(function, "the result for " + describe(meta) + " is too large", value.site());
  }
  if (!checked_size(meta.dtype, shape))
    refuse(function, "the result for " + describe(meta) + " is too large", value.site());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (low[i] == 0 && high[i] == 0)
      continue;
    const std::int64_t extent = value.extent(i);
    const WhereItLies there(value.meta());
    const Term place = value.with(arange(-low[i], extent + high[i], 1, {}, value.site()));
    value = value.with(take(value, fold(place, extent), static_cast<int>(i)));
  }
  return value.tensor();
}

} // namespace

Tensor pad_reflect(Operand x, DimList low, DimList high) {
  return padded("pad_reflect", x, low, high, reflected);
}
Tensor pad_replicate(Operand x, DimList low, DimList high) {
  return padded("pad_replicate", x, low, high, replicated);
}
Tensor pad_circular(Operand x, DimList low, DimList high) {
  return padded("pad_circular", x, low, high, turned);
}

} // namespace jit
