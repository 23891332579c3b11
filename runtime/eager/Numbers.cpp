// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager/Numbers.h"

#include "runtime/ops/NumberRange.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace jit::detail {
namespace {

/// Holds all integers that there are as numbers.
using Exact = long double;
static_assert(std::numeric_limits<Exact>::digits >= 64);

Exact exactly(const Operand &operand) noexcept {
  const Scalar number = Access::scalar(operand);
  if (Access::is_huge(operand))
    return static_cast<std::uint64_t>(Access::wrapped(operand).as_int());
  return number.kind() == ScalarKind::floating ? number.as_double() : Exact(number.as_int());
}

std::string text_of(const Operand &operand) {
  const Scalar number = Access::scalar(operand);
  if (Access::is_huge(operand))
    return std::to_string(static_cast<std::uint64_t>(Access::wrapped(operand).as_int()));
  if (number.kind() != ScalarKind::floating)
    return std::to_string(number.as_int());
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", number.as_double());
  return text;
}

[[noreturn]] void refuse_number(std::string_view function, const Operand &number, DType dtype) {
  const NumberRange &range = number_range(dtype);
  throw Error(ErrorCode::invalid_argument,
              std::string(function) + ": the number " + text_of(number) + " does not fit " +
                  std::string(name(dtype)) + ", whose values are the integers from " +
                  std::to_string(range.low) + " to " + std::to_string(range.high),
              Access::site(number));
}

/// x OP number for numbers that the dtype of x does not have: another comparison with one it has.
struct Comparison {
  OpKind op;
  Scalar number;
};

Comparison of_integers(OpKind op, bool is_above, const NumberRange &range) noexcept {
  const bool is_true =
      op == OpKind::not_equal || (is_above ? op == OpKind::less || op == OpKind::less_equal
                                           : op == OpKind::greater || op == OpKind::greater_equal);
  if (is_above)
    return {is_true ? OpKind::less_equal : OpKind::greater, range.high};
  return {is_true ? OpKind::greater_equal : OpKind::less, range.low};
}

template <class T> Comparison of_floats(OpKind op, Exact number) noexcept {
  const T nearest = static_cast<T>(number);
  if (nearest == number)
    return {op, nearest};
  constexpr T infinity = std::numeric_limits<T>::infinity();
  if (op == OpKind::less || op == OpKind::less_equal)
    return {OpKind::less_equal, nearest < number ? nearest : std::nextafter(nearest, -infinity)};
  if (op == OpKind::greater || op == OpKind::greater_equal)
    return {OpKind::greater_equal, nearest > number ? nearest : std::nextafter(nearest, infinity)};
  return {op, std::numeric_limits<T>::quiet_NaN()}; // equals nothing
}

/// The comparison with its sides exchanged.
OpKind mirrored(OpKind op) noexcept {
  switch (op) {
  case OpKind::less:
    return OpKind::greater;
  case OpKind::less_equal:
    return OpKind::greater_equal;
  case OpKind::greater:
    return OpKind::less;
  case OpKind::greater_equal:
    return OpKind::less_equal;
  default: // the same both ways
    return op;
  }
}

void settle_comparison(OpKind &op, OperandList operands, std::size_t i, DType compute) noexcept {
  const Exact number = exactly(*operands[i]);
  const bool on_left = i == 0;
  const OpKind from_left = on_left ? mirrored(op) : op;
  const NumberRange &range = number_range(compute);
  const Comparison settled = compute == DType::f32   ? of_floats<float>(from_left, number)
                             : compute == DType::f64 ? of_floats<double>(from_left, number)
                                                     : of_integers(from_left, number > 0, range);
  op = on_left ? mirrored(settled.op) : settled.op;
  Access::replace(*operands[i], settled.number);
}

/// The end of the dtype that stands for a bound beyond it; none if the bound would be a result.
std::optional<Scalar> settled_bound(OpKind op, std::size_t i, Exact number,
                                    const NumberRange &range) noexcept {
  const bool is_above = number > 0;
  if ((op == OpKind::clip && i > 0) || (op == OpKind::minimum && is_above) ||
      (op == OpKind::maximum && !is_above))
    return Scalar(is_above ? range.high : range.low);
  return std::nullopt;
}

/// Numbers whose dtype is not what they meet: a condition, or what is converted.
void settle_huge(Operand &operand, DType dtype) noexcept {
  if (!Access::is_huge(operand))
    return;
  Access::replace(operand, dtype == DType::boolean ? Scalar(true)
                           : is_float(dtype)       ? Scalar(Access::scalar(operand).as_double())
                                                   : Access::wrapped(operand));
}

} // namespace

void settle_numbers(OpKind &op, AttrWords attrs, OperandList operands) {
  // Most numbers are held by every dtype.
  if (std::ranges::none_of(operands, [](const Operand *x) {
        return Access::is_huge(*x) ||
               (Access::kind(*x) == Access::kind_of_number(ScalarKind::integer) &&
                static_cast<std::uint64_t>(Access::scalar(*x).as_int()) > 127);
      }))
    return;
  const OpInfo &row = info(op);
  if (row.family != Family::elementwise)
    return;
  std::array<OperandType, 8> types;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Impl *const impl = Access::impl(*operands[i]);
    if (!impl && !Access::is_scalar(*operands[i]))
      return; // refused as empty
    types[i] =
        impl ? OperandType{impl->meta} : OperandType{nullptr, Access::scalar(*operands[i]).kind()};
  }
  const ElementTypes dtypes = element_types(row, attrs, {types.data(), operands.size()});
  const DType compute = dtypes.compute;
  const bool is_ranged_op = is_ranged(row, compute);
  for (std::size_t i = 0; i < operands.size(); ++i) {
    Operand &operand = *operands[i];
    if (types[i].meta || types[i].kind != ScalarKind::integer)
      continue;
    if (row.types == TypeRule::cast)
      settle_huge(operand, dtypes.result);
    else if (row.types == TypeRule::logical || (row.types == TypeRule::select && i == 0))
      settle_huge(operand, DType::boolean);
    else if (!Access::is_huge(operand) &&
             (!is_ranged_op || number_range(compute).holds(Access::scalar(operand).as_int())))
      continue;
    else if (row.types == TypeRule::comparison && operands.size() == 2)
      settle_comparison(op, operands, i, compute);
    else if (is_float(compute) || row.types == TypeRule::comparison)
      settle_huge(operand, DType::f64);
    else if (const auto bound = settled_bound(op, i, exactly(operand), number_range(compute)))
      Access::replace(operand, *bound);
    else
      refuse_number(row.name, operand, compute);
  }
}

void settle_fill(std::string_view function, Operand &value, DType dtype) {
  if (!Access::is_scalar(value) || !is_supported(dtype))
    return; // refused by the op
  if (dtype == DType::boolean || is_float(dtype))
    return settle_huge(value, dtype);
  const Exact number = exactly(value);
  const NumberRange &range = number_range(dtype);
  if (!(number >= range.low && number <= range.high) || number != std::trunc(number))
    refuse_number(function, value, dtype);
}

} // namespace jit::detail
