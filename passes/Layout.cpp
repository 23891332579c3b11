// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Layout: views that change nothing go away, transposes of transposes cancel, and elementwise ops
// of transposed operands work on the originals instead (the transpose sinks below them). A product
// that is only used transposed is computed so, from its operands transposed and exchanged: each
// element adds the same products in the same order. What remains costs nothing: lifting turns it
// into strides of loads and of contraction operands.
#include "passes/Passes.h"
#include "runtime/base/SafePoint.h"
#include "runtime/base/SeededBugs.h"

#include <mlir/IR/Builders.h>

#include <numeric>

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

static bool swaps_last_axes(ArrayRef<std::int64_t> axes) {
  const auto rank = static_cast<std::int64_t>(axes.size());
  if (rank < 2 || axes[rank - 1] != rank - 2 || axes[rank - 2] != rank - 1)
    return false;
  return llvm::is_sorted(axes.drop_back(2));
}

// x with its last two axes swapped, or what that is a transpose of.
static Value swap_last_axes(OpBuilder &builder, Operation *like, Value x) {
  const auto type = cast<RankedTensorType>(x.getType());
  llvm::SmallVector<std::int64_t> axes(type.getRank()), shape(type.getShape());
  std::iota(axes.begin(), axes.end(), 0);
  std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
  std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  Operation *made =
      permute(builder, like, x, axes, RankedTensorType::get(shape, type.getElementType()));
  if (const Value value = cancel(cast<trace::PermuteDimsOp>(made))) {
    made->erase();
    return value;
  }
  return made->getResult(0);
}

// (x y)^T = y^T x^T if nobody else wants x y. For other products the strides of an operand are
// free.
static Value exchange(trace::PermuteDimsOp op) {
  auto product = op.getX().getDefiningOp<trace::MatmulOp>();
  const auto rank = [](Value value) { return cast<RankedTensorType>(value.getType()).getRank(); };
  if (!product || !product->hasOneUse() || !swaps_last_axes(op.getAxes()) ||
      rank(product->getOperand(0)) < 2 || rank(product->getOperand(1)) < 2 ||
      llvm::all_of(op->getUsers(), [](Operation *user) { return isa<trace::MatmulOp>(user); }))
    return {};
  OpBuilder builder(product); // its operands may die there
  const Value operands[] = {swap_last_axes(builder, op, product->getOperand(1)),
                            swap_last_axes(builder, op, product->getOperand(0))};
  Operation *made = trace::create_op(builder, product->getLoc(), info(OpKind::matmul), operands,
                                     trace::words_of(product, info(OpKind::matmul)), op.getType());
  trace::set_graph_op(made, trace::graph_op(product));
  return made->getResult(0);
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
      if (value = cancel(permuted); !value)
        value = exchange(permuted);
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
