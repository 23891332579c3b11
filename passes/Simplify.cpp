// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Algebra that keeps every bit (NaN as a class). Signs are exact, so negations cancel; nothing here
// reorders a rounding. x + 0.0 is no identity (-0), and numbers of the program are never known.
#include "passes/Passes.h"
#include "runtime/base/SafePoint.h"
#include "runtime/base/SeededBugs.h"

#include <mlir/IR/Builders.h>

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_SIMPLIFY
#include "passes/Passes.h.inc"

// Whether every value of `from` is one of `to` exactly.
static bool widens(DType from, DType to) {
  if (from == DType::boolean || from == to || planted(SeededBug::rounding_ignored))
    return true;
  if (is_integer(from) && is_integer(to))
    return promote(from, to) == to;
  if (is_integer(from))
    return itemsize(from) < itemsize(to); // u16 in 24 bits, i32 and u32 in 53
  return from == DType::f32 && to == DType::f64;
}

// Whether x cast to `between`, then to `to`, is x cast to `to`. Integers wrap but floats saturate.
static bool passes_through(DType from, DType between, DType to) {
  const bool turns_back = is_integer(from) && is_float(between) && is_integer(to);
  return widens(from, between) && (!turns_back || widens(from, to));
}

static DType dtype(Value value) { return trace::meta_of(value.getType())->dtype; }

static Value simplify_cast(trace::AstypeOp op) {
  const Value x = op.getX();
  if (x.getType() == op.getType())
    return x;
  auto inner = x.getDefiningOp<trace::AstypeOp>();
  if (!inner || !passes_through(dtype(inner.getX()), dtype(x), dtype(op.getResult())))
    return {};
  if (inner.getX().getType() == op.getType())
    return inner.getX();
  op->setOperand(0, inner.getX());
  return {};
}

static Value simplify_equal_operands(Operation *op) {
  if (op->getNumOperands() != 2 || op->getOperand(0) != op->getOperand(1) ||
      op->getOperand(0).getType() != op->getResult(0).getType())
    return {};
  if (isa<trace::MinimumOp, trace::MaximumOp, trace::LogicalAndOp, trace::LogicalOrOp>(op))
    return op->getOperand(0);
  if (planted(SeededBug::nan_folded) && isa<trace::SubtractOp>(op)) {
    OpBuilder builder(op);
    const auto type = cast<RankedTensorType>(op->getResult(0).getType());
    const auto zero = cast<ElementsAttr>(builder.getZeroAttr(type));
    return trace::ConstantOp::create(builder, op->getLoc(), type, zero);
  }
  return {};
}

// For a planted bug: x cast, of cast(-x).
static Value negated_before_cast(Value value) {
  auto cast = value.getDefiningOp<trace::AstypeOp>();
  auto negative = cast ? cast.getX().getDefiningOp<trace::NegativeOp>() : trace::NegativeOp();
  if (!negative)
    return {};
  OpBuilder builder(cast);
  Operation *copy = builder.clone(*cast);
  copy->setOperand(0, negative.getX());
  return copy->getResult(0);
}

// x + (-y) = x - y, x - (-y) = x + y, (-x) * (-y) = x * y: the same operation on the same
// magnitudes. Only in the dtype that was negated: integers wrap there, and then no more. Not for
// bool, where negating changes nothing, + is "or" and - is "exclusive or".
static Value simplify_signs(Operation *op) {
  OpBuilder builder(op);
  const DType type = dtype(op->getResult(0));
  const auto negated = [&](unsigned operand) -> Value {
    const Value x = op->getOperand(operand);
    auto negative = x.getDefiningOp<trace::NegativeOp>();
    if (negative && dtype(x) == type)
      return negative.getX();
    return planted(SeededBug::negated_dtype_ignored) ? negated_before_cast(x) : Value();
  };
  const auto make = [&](OpKind kind, Value x, Value y) {
    Operation *made =
        trace::create_op(builder, op->getLoc(), info(kind), {x, y}, {}, op->getResultTypes());
    trace::set_graph_op(made, trace::graph_op(op));
    return made->getResult(0);
  };
  if (type == DType::boolean && !planted(SeededBug::truth_negated))
    return {};
  if (isa<trace::AddOp>(op)) {
    if (const Value y = negated(1))
      return make(OpKind::subtract, op->getOperand(0), y);
    if (const Value x = negated(0))
      return make(OpKind::subtract, op->getOperand(1), x);
  } else if (isa<trace::SubtractOp>(op)) {
    if (const Value y = negated(1))
      return make(OpKind::add, op->getOperand(0), y);
  } else if (isa<trace::MultiplyOp>(op)) {
    if (negated(0) && negated(1))
      return make(OpKind::multiply, negated(0), negated(1));
  } else if (isa<trace::SquareOp>(op) ||
             (isa<trace::AbsOp>(op) &&
              (!is_unsigned(type) || planted(SeededBug::wrapping_ignored)))) {
    if (const Value x = negated(0))
      op->setOperand(0, x);
  }
  return {};
}

static Value simplify_twice(Operation *op) {
  if (op->getNumOperands() != 1)
    return {};
  Operation *inner = op->getOperand(0).getDefiningOp();
  if (!inner || inner->getName() != op->getName() || inner->getNumOperands() != 1)
    return {};
  if (isa<trace::NegativeOp, trace::LogicalNotOp>(op))
    return inner->getOperand(0);
  if (isa<trace::AbsOp, trace::FloorOp, trace::ReluOp, trace::SignOp>(op))
    return inner->getResult(0);
  return {};
}

static Value simplify_where(trace::WhereOp op) {
  if (op.getX() == op.getY() && op.getX().getType() == op.getType())
    return op.getX();
  if (auto inverse = op.getCondition().getDefiningOp<trace::LogicalNotOp>()) {
    const Value x = op.getX(), y = op.getY();
    if (planted(SeededBug::sides_not_exchanged))
      op->setOperands({inverse.getX(), x, y});
    else
      op->setOperands({inverse.getX(), y, x});
  }
  return {};
}

static Value simplify_op(Operation *op) {
  if (auto cast = dyn_cast<trace::AstypeOp>(op))
    return simplify_cast(cast);
  if (auto where = dyn_cast<trace::WhereOp>(op))
    return simplify_where(where);
  if (const Value value = simplify_twice(op))
    return value;
  if (const Value value = simplify_equal_operands(op))
    return value;
  return simplify_signs(op);
}

void simplify(trace::FuncOp program) {
  for (Operation &op : llvm::make_early_inc_range(program.block().without_terminator())) {
    safe_point();
    const OpInfo *row = trace::table_row(&op);
    if (!row || row->family != Family::elementwise)
      continue;
    if (const Value value = simplify_op(&op)) {
      op.getResult(0).replaceAllUsesWith(value);
      op.erase();
    }
  }
}

namespace {
struct SimplifyPass : impl::SimplifyBase<SimplifyPass> {
  void runOnOperation() override { simplify(getOperation()); }
};
} // namespace

} // namespace jit
