// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Interpolation along axes. Places and weights are computed by ops on numbers of places, which
// compiled programs fold.
#include "runtime/eager/functions/Term.h"
#include "runtime/kernels/Mxcsr.h"

#include <cmath>

namespace jit {

using detail::refuse;
using detail::Term;

namespace {

/// One axis at another extent.
struct Stretch {
  std::size_t axis;
  std::int64_t in, out;
  std::optional<double> scale; ///< if the user gave one instead of the extent
};

Term places(const Term &x, std::int64_t count) {
  const WhereItLies there(x.meta());
  return x.with(arange(count, x.site()));
}
Term in_f64(const Term &x) { return x.with(astype(x, DType::f64)); }
Term in_i64(const Term &x) { return x.with(astype(x, DType::i64)); }
Term at_most(const Term &x, std::int64_t most) {
  return x.with(minimum(x, Operand(most, x.site())));
}

Term along(const Term &x, const Term &index, const Stretch &s) {
  return x.with(take(x, index, static_cast<int>(s.axis)));
}

Term take_nearest(const Term &x, const Stretch &s, bool exact) {
  const Term i = places(x, s.out);
  if (s.scale) {
    const Term place = (exact ? in_f64(i) + 0.5 : in_f64(i)) / *s.scale;
    return along(x, at_most(in_i64(x.with(floor(place))), s.in - 1), s);
  }
  const Term numerator = exact ? (i * 2 + 1) * s.in : i * s.in;
  const std::int64_t divisor = exact ? 2 * s.out : s.out;
  return along(x, x.with(floor_divide(numerator, Operand(divisor, x.site()))), s);
}

Term mix_linearly(const Term &x, const Stretch &s, bool align_corners) {
  const Term i = in_f64(places(x, s.out));
  const auto in = static_cast<double>(s.in), out = static_cast<double>(s.out);
  Term place = i;
  if (align_corners)
    place = i * (s.out > 1 ? (in - 1) / (out - 1) : 0.0);
  else
    place = detail::larger((i + 0.5) * (s.scale ? 1 / *s.scale : in / out) - 0.5, 0);
  const Term below = at_most(in_i64(x.with(floor(place))), s.in - 1);
  const Term above = at_most(below + 1, s.in - 1);
  const Term fraction = place - in_f64(below);
  const DType dtype = x.meta().dtype == DType::f64 ? DType::f64 : DType::f32;
  DimList column{s.out};
  for (std::size_t axis = s.axis + 1; axis < x.meta().rank; ++axis)
    column.push_back(1);
  const Term weight = x.with(reshape(x.with(astype(fraction, dtype)), column));
  return along(x, below, s) * (1 - weight) + along(x, above, s) * weight;
}

/// The option's value for spatial axis i, of which there are `axes`.
template <class List> auto chosen(const List &list, std::size_t i) {
  return list[list.size() == 1 ? 0 : i];
}

Stretch stretch_of(const Term &x, const Interpolate &options, std::size_t i) {
  Stretch s{i + 2, x.extent(i + 2), 0, {}};
  if (options.scale.empty()) {
    s.out = chosen(options.size, i);
  } else {
    s.scale = chosen(options.scale, i);
    const double extent = std::floor(static_cast<double>(s.in) * *s.scale);
    s.out = *s.scale > 0 && extent < 0x1p31 ? static_cast<std::int64_t>(extent) : 0;
  }
  if (s.in < 1 || s.out < 1 || s.out > std::int64_t{1} << 31)
    refuse("interpolate",
           "axis " + std::to_string(s.axis) + " of " + describe(x.meta()) + " cannot become " +
               (s.scale ? std::to_string(*s.scale) + " times as long"
                        : std::to_string(s.out) + " long"),
           x.site());
  return s;
}

} // namespace

Tensor interpolate(Operand x, Interpolate options) {
  const MxcsrGuard environment;
  Term value = detail::tensor_term("interpolate", x);
  const std::size_t axes = value.meta().rank < 3 ? 0 : value.meta().rank - 2u;
  const std::size_t given = options.size.size() + options.scale.size();
  if (axes == 0 || (options.size.size() && options.scale.size()) || (given != 1 && given != axes))
    refuse("interpolate",
           "needs [n,channels,...] and a size or a scale for each axis behind, got " +
               describe(value.meta()) + ", " + std::to_string(options.size.size()) + " sizes and " +
               std::to_string(options.scale.size()) + " scales",
           value.site());
  const bool linear = options.mode == Interpolation::linear;
  if (options.align_corners && !linear)
    refuse("interpolate", "align_corners is for linear interpolation", value.site());
  for (std::size_t i = axes; i-- > 0;) {
    const Stretch s = stretch_of(value, options, i);
    value = linear ? mix_linearly(value, s, options.align_corners)
                   : take_nearest(value, s, options.mode == Interpolation::nearest_exact);
  }
  return value.tensor();
}

} // namespace jit
