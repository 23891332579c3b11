// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lift: one kernel for every op that can be one, one function per family. Views become maps, but
// for large transposed operands of elementwise ops, which are copied. What stays in dialect trace
// is run by the library.
#include "passes/Lifter.h"
#include "passes/Passes.h"
#include "runtime/base/SafePoint.h"

#include <mlir/IR/BuiltinOps.h>

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_LIFT
#include "passes/Passes.h.inc"

Iteration over(Dims extents) {
  Iteration iteration;
  for (const std::int64_t extent : extents)
    iteration.add(extent, kernel::AxisKind::parallel);
  return iteration;
}

// Whether reading the tensor row by row takes a cache line an element, and its lines are many.
static bool lies_in_columns(const Meta &meta) {
  constexpr std::int64_t least = 16, worth = 4096; // extents and elements
  unsigned last = meta.rank;
  while (last > 0 && meta.dim_values[last - 1] == 1)
    --last;
  if (last < 2 || meta.size < worth || meta.dim_values[last - 1] < least ||
      meta.stride_values[last - 1] == 0 || meta.stride_values[last - 1] == 1)
    return false;
  for (unsigned axis = 0; axis + 1 < last; ++axis)
    if (meta.stride_values[axis] == 1 && meta.dim_values[axis] >= least)
      return true;
  return false;
}

// The value as a kernel should read it: the library copies in tiles what lies in columns.
Value Lifter::turned(Value value) {
  if (!turn || !lies_in_columns(*views.of(value).meta))
    return value;
  Value &copy = copies[value];
  if (!copy) {
    const auto type = cast<RankedTensorType>(value.getType());
    const std::int64_t words[] = {static_cast<std::int64_t>(trace::meta_of(type)->dtype)};
    copy = trace::create_op(builder, value.getLoc(), info(OpKind::astype), value, words, type)
               ->getResult(0);
  }
  return copy;
}

kernel::LaunchOp Lifter::elementwise(Operation *op, const OpInfo &row) {
  const Meta &result = *trace::meta_of(op->getResult(0).getType());
  const Iteration iteration = over(result.dims());
  llvm::SmallVector<Value> operands;
  for (const Value operand : op->getOperands())
    operands.push_back(turned(operand));
  KernelWriter kernel = start(op->getLoc(), iteration.axes);
  llvm::SmallVector<Value> values;
  for (const Value operand : operands)
    values.push_back(kernel.load(operand, iteration.strides(*views.of(operand).meta)));
  kernel.store(kernel.ew(row.scalar, values, result.dtype), iteration.strides(result),
               cast<RankedTensorType>(op->getResult(0).getType()));
  return kernel.finish(trace::graph_op(op));
}

// Row-major copy of a value of any strides, then seen with the extents of `type`.
kernel::LaunchOp Lifter::copy(Value value, RankedTensorType type, std::int32_t op) {
  const Meta &from = *views.of(value).meta;
  const Iteration iteration = over(from.dims());
  KernelWriter kernel = start(value.getLoc(), iteration.axes);
  const Value element = kernel.load(value, iteration.strides(from));
  kernel.store(element, iteration.strides(from.dims(), row_major_strides(from.dims())), type);
  return kernel.finish(op);
}

kernel::LaunchOp Lifter::full(trace::FullOp op) {
  const Meta &result = *trace::meta_of(op.getType());
  const Iteration iteration = over(result.dims());
  KernelWriter kernel = start(op.getLoc(), iteration.axes);
  kernel.store(kernel.load(op.getValue(), {}), iteration.strides(result), op.getType());
  return kernel.finish(trace::graph_op(op));
}

Operation *Lifter::lift(Operation *op) {
  const OpInfo *row = trace::table_row(op);
  if (!row || is_view(op, views))
    return {};
  for (const Type type : op->getResultTypes())
    if (trace::meta_of(type)->size == 0)
      return {};
  builder.setInsertionPoint(op);
  switch (row->family) {
  case Family::elementwise:
    return elementwise(op, *row);
  case Family::reduction:
    return reduction(op, *row);
  case Family::contraction:
    if (row->kind == OpKind::matmul)
      return contraction(op);
    return {};
  case Family::view: // a reshape that copies
    return copy(op->getOperand(0), cast<RankedTensorType>(op->getResult(0).getType()),
                trace::graph_op(op));
  case Family::creation:
    if (auto filled = dyn_cast<trace::FullOp>(op))
      return full(filled);
    return {};
  case Family::index:
    if (auto hot = dyn_cast<trace::OneHotOp>(op))
      return one_hot(hot);
    if (auto taken = dyn_cast<trace::TakeOp>(op))
      return take(taken);
    if (auto taken = dyn_cast<trace::TakeAlongAxisOp>(op))
      return take_along_axis(taken);
    return {};
  case Family::movement:
    if (auto concat = dyn_cast<trace::ConcatOp>(op))
      return join(concat);
    if (auto padded = dyn_cast<trace::PadOp>(op))
      return pad(padded);
    return {};
  case Family::row:
  case Family::scan:
  case Family::sort:
    return {};
  }
  return {};
}

// Outputs are blocks of their own: whatever is returned twice, or is an argument, a view or a
// constant, is copied.
void Lifter::copy_returned_values(trace::ReturnOp end) {
  llvm::SmallDenseSet<Value> seen;
  builder.setInsertionPoint(end);
  for (OpOperand &operand : end->getOpOperands()) {
    const Value value = operand.get();
    Operation *maker = value.getDefiningOp();
    const bool own = maker && !isa<trace::ConstantOp, trace::ScalarOp>(maker) &&
                     !is_view(maker, views) && seen.insert(value).second;
    const auto type = cast<RankedTensorType>(value.getType());
    if (!own && type.getNumElements() != 0)
      operand.set(copy(value, type, maker ? trace::graph_op(maker) : -1).getResult(0));
  }
}

bool lift(trace::FuncOp program, bool turn) {
  Views views;
  Lifter lifter(program, views, turn);
  llvm::SmallVector<Operation *> lifted; // erased last: views are kept by value
  for (Operation &op : llvm::make_early_inc_range(program.block())) {
    safe_point();
    if (Operation *made = lifter.lift(&op)) {
      op.replaceAllUsesWith(made->getResults());
      lifted.push_back(&op);
    }
  }
  for (Operation *op : lifted)
    op->erase();
  lifter.copy_returned_values(cast<trace::ReturnOp>(program.block().getTerminator()));
  return lifter.has_turned();
}

namespace {
struct LiftPass : impl::LiftBase<LiftPass> {
  void runOnOperation() override {
    for (auto program : getOperation().getOps<trace::FuncOp>())
      lift(program);
  }
};
} // namespace

} // namespace jit
