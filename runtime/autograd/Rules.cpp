// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The table of gradients, and what all of them share.
#include "runtime/autograd/Rules.h"

#include "runtime/base/SeededBugs.h"
#include "runtime/eager/Dispatch.h"

#include <algorithm>

namespace jit::autograd {

namespace {
#include "runtime/autograd/Gradients.inc"
} // namespace

const GradientRule &gradient_rule(OpKind op) noexcept {
  return gradient_rules[static_cast<std::size_t>(op)];
}

Operand Backward::operand(std::size_t i) const {
  const TapeOperand &operand = operands[i];
  if (!operand.meta)
    return {operand.number, site};
  retain(operand.kept);
  return at(detail::Access::tensor(operand.kept));
}

Operand Backward::result(std::size_t r) const {
  retain(results[r]);
  return at(detail::Access::tensor(results[r]));
}

Reduce Backward::row() const {
  // `axis` is the first attribute of every row op.
  return {Axes(static_cast<int>(attrs[0])), true, {}};
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
    x = sum(b.at(std::move(x)), {axes, false, {}});
  return std::ranges::equal(x.shape(), shape) ? x : reshape(b.at(std::move(x)), shape);
}

void Backward::give(std::size_t i, Operand gradient) {
  Tensor value = sum_to(*this, detail::Access::tensor_of(gradient), shape(i));
  detail::Access::drop(gradient);
  if (planted(SeededBug::gradient_sign) && op == OpKind::divide && i == 1)
    value = negative(at(std::move(value)));
  given[i] = astype(at(std::move(value)), dtype(i));
}

/// x^y: y x^(y-1) for x, log(x) x^y for y, with 0 where the other factor would make NaN of it.
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
    Tensor less = subtract(b.operand(1), 1);
    Tensor power = pow(b.operand(0), b.at(std::move(less)));
    Tensor slope = multiply(b.operand(1), b.at(std::move(power)));
    Tensor constant = equal(b.operand(1), 0);
    slope = where(b.at(std::move(constant)), 0, b.at(std::move(slope)));
    b.give(0, b.at(multiply(b.dy(), b.at(std::move(slope)))));
  }
  if (b.wants(1)) {
    const Tensor x = b.operands[0].meta ? detail::Access::tensor_of(b.operand(0))
                                        : Tensor(b.operands[0].number, b.dtype(1), b.site);
    Tensor logarithm = log(b.at(x));
    Tensor zero = equal(b.at(x), 0);
    logarithm = where(b.at(std::move(zero)), 0, b.at(std::move(logarithm)));
    Tensor slope = multiply(b.result(0), b.at(std::move(logarithm)));
    b.give(1, b.at(multiply(b.dy(), b.at(std::move(slope)))));
  }
}

} // namespace jit::autograd
