// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Term: a tensor or a number together with the user's line, so that functions of several ops read
// as formulas.
#pragma once

#include "runtime/eager/functions/AxisArguments.h"

#include <tracejit/ops.h>

namespace jit::detail {

class Term {
public:
  Term(Tensor value, const std::source_location &site)
      : line(site), value(std::move(value)), is_number(false) {}
  template <Number T>
  Term(T number, const std::source_location &site) : line(site), number(number), is_number(true) {}
  /// Refuses an empty tensor in the name of the function.
  Term(std::string_view function, const Operand &x)
      : line(Access::site(x)), is_number(Access::is_scalar(x)) {
    if (is_number) {
      number = Access::scalar(x);
      return;
    }
    tensor_meta(function, x);
    value = Access::tensor_of(x);
  }
  operator Operand() const { return is_number ? Operand(number, line) : Operand(value, line); }

  const std::source_location &site() const noexcept { return line; }
  bool is_tensor() const noexcept { return !is_number; }
  /// Precondition of the rest: it is a tensor.
  const Tensor &tensor() const noexcept { return value; }
  const Meta &meta() const noexcept { return *Access::impl(value)->meta; }
  std::int64_t extent(std::size_t axis) const noexcept { return meta().dim_values[axis]; }
  /// Another value at the same line.
  Term with(Tensor other) const { return {std::move(other), line}; }

private:
  std::source_location line;
  Tensor value;
  Scalar number = 0;
  bool is_number;
};

/// The operand, which must be a tensor.
inline Term tensor_term(std::string_view function, const Operand &x) {
  tensor_meta(function, x);
  return {function, x};
}

template <class T>
concept TermPart = std::same_as<T, Term> || Number<T>;
template <class L, class R>
concept TermParts = TermPart<L> && TermPart<R> && (std::same_as<L, Term> || std::same_as<R, Term>);

template <Tensor (*op)(Operand &&, Operand &&), class L, class R>
Term combined(const L &l, const R &r) {
  if constexpr (!std::same_as<L, Term>)
    return combined<op>(Term(l, r.site()), r);
  else if constexpr (!std::same_as<R, Term>)
    return combined<op>(l, Term(r, l.site()));
  else
    return {op(l, r), l.site()};
}

template <class L, class R>
  requires TermParts<L, R>
Term operator+(const L &l, const R &r) {
  return combined<jit::add>(l, r);
}
template <class L, class R>
  requires TermParts<L, R>
Term operator-(const L &l, const R &r) {
  return combined<jit::subtract>(l, r);
}
template <class L, class R>
  requires TermParts<L, R>
Term operator*(const L &l, const R &r) {
  return combined<jit::multiply>(l, r);
}
template <class L, class R>
  requires TermParts<L, R>
Term operator/(const L &l, const R &r) {
  return combined<jit::divide>(l, r);
}
template <class L, class R>
  requires TermParts<L, R>
Term operator<(const L &l, const R &r) {
  return combined<jit::less>(l, r);
}
template <class L, class R>
  requires TermParts<L, R>
Term operator>(const L &l, const R &r) {
  return combined<jit::greater>(l, r);
}
template <class L, class R>
  requires TermParts<L, R>
Term operator==(const L &l, const R &r) {
  return combined<jit::equal>(l, r);
}
inline Term operator-(const Term &x) { return x.with(negative(x)); }

/// x where the condition holds, y elsewhere.
template <TermPart L, TermPart R> Term choose(const Term &condition, const L &x, const R &y) {
  const auto part = [&](const auto &value) -> Operand {
    if constexpr (std::same_as<std::remove_cvref_t<decltype(value)>, Term>)
      return value;
    else
      return {value, condition.site()};
  };
  return condition.with(where(condition, part(x), part(y)));
}
template <TermPart L, TermPart R> Term larger(const L &x, const R &y) {
  return combined<jit::maximum>(x, y);
}

} // namespace jit::detail
