// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Layout: views that change nothing go away, transposes of transposes cancel, and elementwise ops
// of transposed operands work on the originals instead (the transpose sinks below them). What
// remains costs nothing: lifting turns it into strides of loads and of contraction operands.
#include "passes/Passes.h"
#include "runtime/base/SafePoint.h"
#include "runtime/base/SeededBugs.h"

#include <mlir/IR/Builders.h>

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_LAYOUTPASS
#include "passes/Passes.h.inc"

static trace::PermuteDimsOp permutation(Value value) {
  return value.getDefiningOp<trace::PermuteDimsOp>();
}

static Operation *permute(OpBuilder &builder, Operation *like, Value value,
                          ArrayRef<std::int64_t> axes, Type type) {
  llvm::SmallVector<std::int64_t> words{static_cast<std::int64_t>(axes.size())};
  words.append(axes.begin(), axes.end());
  Operation *op =
      trace::create_op(builder, like->getLoc(), info(OpKind::permute_dims), value, words, type);
  trace::set_graph_op(op, trace::graph_op(like));
  return op;
}

static bool is_identity(Operation *op) {
  if (op->getOperand(0).getType() != op->getResult(0).getType())
    return false;
  if (isa<trace::ReshapeOp, trace::BroadcastToOp>(op))
    return true;
  auto permuted = dyn_cast<trace::PermuteDimsOp>(op);
  return permuted && llvm::is_sorted(permuted.getAxes());
}

// permute(permute(x)) with both orders applied at once.
static Value cancel(trace::PermuteDimsOp outer) {
  trace::PermuteDimsOp inner = permutation(outer.getX());
  if (!inner)
    return {};
  llvm::SmallVector<std::int64_t, max_rank> axes;
  for (const std::int64_t axis : outer.getAxes())
    axes.push_back(inner.getAxes()[static_cast<std::size_t>(axis)]);
  if (planted(SeededBug::permutations_backwards))
    for (const auto [place, axis] : llvm::enumerate(inner.getAxes()))
      axes[place] = outer.getAxes()[static_cast<std::size_t>(axis)];
  if (llvm::is_sorted(axes))
    return inner.getX();
  OpBuilder builder(outer);
  return permute(builder, outer, inner.getX(), axes, outer.getType())->getResult(0);
}

// f(permute(x), permute(y), number) = permute(f(x, y, number)) if all tensors are permuted alike.
static Value sink(Operation *op) {
  const auto type = cast<RankedTensorType>(op->getResult(0).getType());
  trace::PermuteDimsOp first;
  llvm::SmallVector<Value, 3> operands;
  for (const Value operand : op->getOperands()) {
    trace::PermuteDimsOp permuted = permutation(operand);
    const bool number = cast<RankedTensorType>(operand.getType()).getRank() == 0;
    if (!number &&
        (!permuted || cast<RankedTensorType>(operand.getType()).getShape() != type.getShape() ||
         (first && first.getAxes() != permuted.getAxes())))
      return {};
    operands.push_back(number ? operand : permuted.getX());
    first = number ? first : permuted;
  }
  if (!first ||
      llvm::any_of(op->getUsers(), [](Operation *user) { return isa<trace::ReturnOp>(user); }))
    return {};
  OpBuilder builder(op);
  const auto source = cast<RankedTensorType>(first.getX().getType());
  Operation *made =
      trace::create_op(builder, op->getLoc(), *trace::table_row(op), operands,
                       trace::words_of(op, *trace::table_row(op)),
                       RankedTensorType::get(source.getShape(), type.getElementType()));
  trace::set_graph_op(made, trace::graph_op(op));
  return permute(builder, op, made->getResult(0), first.getAxes(), type)->getResult(0);
}

void layout(trace::FuncOp program) {
  for (Operation &op : llvm::make_early_inc_range(program.block().without_terminator())) {
    safe_point();
    const OpInfo *row = trace::table_row(&op);
    if (!row || (row->family != Family::view && row->family != Family::elementwise))
      continue;
    Value value;
    if (row->family == Family::elementwise)
      value = sink(&op);
    else if (is_identity(&op))
      value = op.getOperand(0);
    else if (auto permuted = dyn_cast<trace::PermuteDimsOp>(op))
      value = cancel(permuted);
    if (value) {
      op.getResult(0).replaceAllUsesWith(value);
      op.erase();
    }
  }
}

namespace {
struct LayoutPass : impl::LayoutPassBase<LayoutPass> {
  void runOnOperation() override { layout(getOperation()); }
};
} // namespace

} // namespace jit
