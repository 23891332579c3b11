// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The table of gradients, and what all of them share.
#include "runtime/autograd/Rules.h"

#include "runtime/base/SeededBugs.h"
#include "runtime/eager/Dispatch.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace jit::autograd {

namespace {
#include "runtime/autograd/Gradients.inc"
} // namespace

const GradientRule &gradient_rule(OpKind op) noexcept {
  return gradient_rules[static_cast<std::size_t>(op)];
}

/// The float dtype that an op has converted its operands to, if it has.
static std::optional<DType> float_of(OpKind op, AttrWords attrs,
                                     std::span<const TapeOperand> operands) {
  const OpInfo &row = info(op);
  if (row.family != Family::elementwise ||
      (row.types != TypeRule::numeric && row.types != TypeRule::floating))
    return std::nullopt;
  std::vector<OperandType> types;
  for (const TapeOperand &operand : operands)
    types.push_back({operand.meta, operand.number.kind()});
  const DType compute = element_types(row, attrs, types).compute;
  return is_float(compute) ? std::optional(compute) : std::nullopt;
}

Operand Backward::operand(std::size_t i) const {
  const TapeOperand &operand = operands[i];
  if (!operand.meta)
    return {operand.number, site};
  retain(operand.kept);
  Tensor value = detail::Access::tensor(operand.kept);
  // The op has seen integers as floats, and so must its gradient: numbers beside them need not fit
  // the integers, and squares must not wrap.
  if (!is_float(operand.meta->dtype))
    if (const std::optional<DType> dtype = float_of(op, attrs, operands))
      return at(astype(at(std::move(value)), *dtype));
  return at(std::move(value));
}

Operand Backward::result(std::size_t r) const {
  retain(results[r]);
  return at(detail::Access::tensor(results[r]));
}

Reduce Backward::row() const {
  // `axis` is the first attribute of every row op.
  return {.axis = static_cast<int>(attrs[0]), .keepdims = true};
}

Tensor sum_to(const Backward &b, Tensor x, Dims shape) {
  const DimList from(x.shape());
  if (std::ranges::equal(Dims(from), shape))
    return x;
  const std::size_t added = from.size() - shape.size();
  DimList axes;
  bool repeated = false;
  for (std::size_t i = 0; i < from.size(); ++i)
    if (i < added || (shape[i - added] == 1 && from[i] != 1)) {
      axes.push_back(static_cast<std::int64_t>(i));
      repeated |= from[i] != 1;
    }
  if (repeated)
    x = sum(b.at(std::move(x)), {.axis = axes});
  return std::ranges::equal(x.shape(), shape) ? x : reshape(b.at(std::move(x)), shape);
}

void Backward::give(std::size_t i, Operand gradient) {
  Tensor value = sum_to(*this, detail::Access::tensor_of(gradient), shape(i));
  detail::Access::drop(gradient);
  if (planted(SeededBug::gradient_sign) && op == OpKind::divide && i == 1)
    value = negative(at(std::move(value)));
  given[i] = astype(at(std::move(value)), dtype(i));
}

/// log(x) x^y. The base is 1 where x^y is flat in y, so that no logarithm of 0 or infinity meets a
/// 0, in derivatives of this one either.
static Tensor pow_slope_of_exponent(Backward &b) {
  const Tensor x = b.operands[0].meta ? detail::Access::tensor_of(b.operand(0))
                                      : Tensor(b.operands[0].number, b.dtype(1), b.site);
  Tensor zero = equal(b.at(x), 0);
  Tensor finite = less_equal(b.result(0), 1); // 0^y with y >= 0
  zero = logical_and(b.at(std::move(zero)), b.at(std::move(finite)));
  Tensor infinite = equal(b.at(x), infinity);
  Tensor vanishes = equal(b.result(0), 0);
  infinite = logical_and(b.at(std::move(infinite)), b.at(std::move(vanishes)));
  Tensor flat = logical_or(b.at(std::move(zero)), b.at(std::move(infinite)));
  Tensor base = where(b.at(std::move(flat)), 1, b.at(x));
  Tensor logarithm = log(b.at(std::move(base)));
  return multiply(b.result(0), b.at(std::move(logarithm)));
}

/// y x^(y-1), with the exponent 0 where y is 0 and 1 / x is not finite: x^0 has slope 0 everywhere.
static Tensor pow_slope_of_base(Backward &b) {
  Tensor constant = equal(b.operand(1), 0);
  Tensor reciprocal = divide(b.at(1), b.operand(0));
  reciprocal = abs(b.at(std::move(reciprocal)));
  Tensor finite = less(b.at(std::move(reciprocal)), infinity);
  Tensor endless = logical_not(b.at(std::move(finite)));
  constant = logical_and(b.at(std::move(constant)), b.at(std::move(endless)));
  Tensor exponent = subtract(b.operand(1), 1);
  exponent = where(b.at(std::move(constant)), 0, b.at(std::move(exponent)));
  Tensor power = pow(b.operand(0), b.at(std::move(exponent)));
  return multiply(b.operand(1), b.at(std::move(power)));
}

/// For x y x^(y-1), for y log(x) x^y; 0 where the other factor would make NaN of it.
void pow_gradient(Backward &b) {
  if (b.wants(0) && !b.operands[1].meta) {
    const Scalar &y = b.operands[1].number;
    const bool whole = y.kind() != ScalarKind::floating && y.as_int() != INT64_MIN;
    if (y.as_double() == 0) {
      b.give(0, b.at(zeros(b.shape(0), b.dtype(0), b.site)));
    } else {
      Tensor power = pow(b.operand(0), whole ? b.at(y.as_int() - 1) : b.at(y.as_double() - 1));
      Tensor slope = multiply(b.at(std::move(power)), b.operand(1));
      b.give(0, b.at(multiply(b.dy(), b.at(std::move(slope)))));
    }
  } else if (b.wants(0)) {
    b.give(0, b.at(multiply(b.dy(), b.at(pow_slope_of_base(b)))));
  }
  if (b.wants(1))
    b.give(1, b.at(multiply(b.dy(), b.at(pow_slope_of_exponent(b)))));
}

} // namespace jit::autograd
