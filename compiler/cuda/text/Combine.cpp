// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cuda/text/Combine.h"

#include "runtime/base/WithDType.h"

#include <bit>
#include <limits>

namespace jit::gpu {

using nest::ReduceKind;

Element neutral(ReduceKind kind, DType dtype) {
  return with_dtype(dtype, [&]<class T>(std::type_identity<T>) {
    using Limits = std::numeric_limits<T>;
    const auto of = [&](T x) {
      if constexpr (std::same_as<T, float>)
        return constant(dtype, std::bit_cast<std::uint32_t>(x));
      else if constexpr (std::same_as<T, double>)
        return constant(dtype, std::bit_cast<std::uint64_t>(x));
      else
        return constant(dtype, static_cast<std::uint64_t>(x));
    };
    switch (kind) {
    case ReduceKind::prod:
    case ReduceKind::all:
      return of(T(1));
    case ReduceKind::max:
    case ReduceKind::argmax:
      return of(Limits::has_infinity ? static_cast<T>(-Limits::infinity()) : Limits::lowest());
    case ReduceKind::min:
    case ReduceKind::argmin:
      return of(Limits::has_infinity ? Limits::infinity() : Limits::max());
    default:
      return of(std::is_floating_point_v<T> ? static_cast<T>(-0.0) : T(0));
    }
  });
}

Element combine(Emitter &e, ReduceKind kind, const Element &x, const Element &y) {
  const bool truths = x.dtype == DType::boolean;
  ScalarFunction function = ScalarFunction::add;
  if (kind == ReduceKind::prod)
    function = ScalarFunction::multiply;
  else if (kind == ReduceKind::any || (truths && kind == ReduceKind::max))
    function = ScalarFunction::logical_or;
  else if (kind == ReduceKind::all || (truths && kind == ReduceKind::min))
    function = ScalarFunction::logical_and;
  else if (kind == ReduceKind::max)
    function = ScalarFunction::maximum;
  else if (kind == ReduceKind::min)
    function = ScalarFunction::minimum;
  return apply_element(e, function, x.dtype, std::vector<Element>{x, y});
}

namespace {

/// NaN wins, then the greater number, or the smaller for argmin, then the smaller index.
Partial better(Emitter &e, ReduceKind kind, const Partial &x, const Partial &y) {
  const std::string &a = x[0].text, &b = y[0].text;
  std::string wins = b + (kind == ReduceKind::argmax ? " > " : " < ") + a, ties = b + " == " + a;
  if (is_float(x[0].dtype)) {
    wins += " || (" + b + " != " + b + " && " + a + " == " + a + ")";
    ties += " || (" + b + " != " + b + " && " + a + " != " + a + ")";
  }
  const std::string first = y[1].text + " < " + x[1].text;
  const auto truth = [&](const std::string &text) { return define(e, DType::boolean, text).text; };
  const std::string taken = truth(truth(wins) + " || (" + truth(ties) + " && " + first + ")");
  Partial result;
  for (std::size_t k = 0; k < 2; ++k)
    result.push_back(define(e, x[k].dtype, taken + " ? " + y[k].text + " : " + x[k].text));
  return result;
}

} // namespace

Partial join(Emitter &e, ReduceKind kind, const Partial &x, const Partial &y) {
  return finds_winner(kind) ? better(e, kind, x, y) : Partial{combine(e, kind, x[0], y[0])};
}

} // namespace jit::gpu
