// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Norms of vectors and distances between them.
#include "runtime/eager/functions/Term.h"
#include "runtime/ops/ShapeRules.h"

#include <cmath>
#include <limits>

namespace jit {

using detail::choose;
using detail::larger;
using detail::refuse;
using detail::tensor_term;
using detail::Term;

/// root(s), and 0 without a gradient where s is 0: there the derivative of roots is infinite.
template <class Root> static Term root_of(const Term &s, Root root) {
  const Term is_zero = s == 0;
  return choose(is_zero, 0, root(choose(is_zero, 1, s)));
}

static Term norm_of_powers(const Term &x, double ord, const Reduce &over) {
  const Term magnitude = x.with(abs(x));
  const Term is_zero = x == 0;
  const Term power = x.with(pow(choose(is_zero, 1, magnitude), Operand(ord, x.site())));
  const double of_zero = ord > 0 ? 0 : std::numeric_limits<double>::infinity();
  const Term total = x.with(sum(choose(is_zero, of_zero, power), over));
  return root_of(total, [&](const Term &s) { return s.with(pow(s, Operand(1 / ord, s.site()))); });
}

Tensor vector_norm(Operand x, Norm options) {
  const Term given = tensor_term("vector_norm", x);
  if (std::isnan(options.ord))
    refuse("vector_norm", "the order is NaN", given.site());
  detail::axes_of("vector_norm", x, options.axis);
  const bool floating = is_float(given.meta().dtype);
  const Term value = floating ? given : given.with(astype(given, DType::f32));
  const Reduce over{.axis = options.axis, .keepdims = options.keepdims};
  if (options.ord == 2) {
    const Term total = value.with(sum(value.with(square(value)), over));
    return root_of(total, [](const Term &s) { return s.with(sqrt(s)); }).tensor();
  }
  if (options.ord == 0)
    return astype(value.with(count_nonzero(value, over)), value.meta().dtype);
  const Term magnitude = value.with(abs(value));
  if (options.ord == 1)
    return sum(magnitude, over);
  if (std::isinf(options.ord))
    return options.ord > 0 ? max(magnitude, over) : min(magnitude, over);
  return norm_of_powers(value, options.ord, over).tensor();
}

static Term norm_along(const Term &x, int axis, double ord, bool keepdims) {
  return x.with(vector_norm(x, {.axis = axis, .ord = ord, .keepdims = keepdims}));
}

Tensor l2_normalize(Operand x, int axis, double eps) {
  const Term value = tensor_term("l2_normalize", x);
  detail::axis_of("l2_normalize", x, axis);
  return (value / larger(norm_along(value, axis, 2, true), eps)).tensor();
}

/// Both in the shape that they broadcast to.
static std::pair<Term, Term> broadcast(const Term &x, const Term &y, std::string_view function) {
  DimList shape(x.meta().dims());
  if (!broadcast_into(shape, y.meta().dims()))
    refuse(function,
           "shapes " + describe(x.meta()) + " and " + describe(y.meta()) + " do not broadcast",
           x.site());
  const auto shaped = [&](const Term &t) {
    return t.meta().dims() == Dims(shape) ? t : t.with(broadcast_to(t, shape));
  };
  return {shaped(x), shaped(y)};
}

Tensor cosine_similarity(Operand x, Operand y, int axis, double eps) {
  constexpr std::string_view function = "cosine_similarity";
  const auto [a, b] = broadcast(tensor_term(function, x), tensor_term(function, y), function);
  detail::axis_of(function, a, axis);
  const Term product = a.with(sum(a * b, axis));
  return (product /
          (larger(norm_along(a, axis, 2, false), eps) * larger(norm_along(b, axis, 2, false), eps)))
      .tensor();
}

Tensor pairwise_distance(Operand x, Operand y, double p, double eps, bool keepdims) {
  constexpr std::string_view function = "pairwise_distance";
  const Term difference = tensor_term(function, x) - tensor_term(function, y);
  detail::axis_of(function, difference, -1);
  return norm_along(difference + eps, -1, p, keepdims).tensor();
}

Tensor cdist(Operand x, Operand y, double p) {
  const Term a = tensor_term("cdist", x), b = tensor_term("cdist", y);
  const Meta &rows = a.meta(), &others = b.meta();
  if (rows.rank < 2 || others.rank < 2 ||
      rows.dim_values[rows.rank - 1] != others.dim_values[others.rank - 1])
    refuse("cdist", "needs rows of one length, got " + describe(rows) + " and " + describe(others),
           a.site());
  const Term difference = a.with(expand_dims(a, -2)) - b.with(expand_dims(b, -3));
  return norm_along(difference, -1, p, false).tensor();
}

} // namespace jit
