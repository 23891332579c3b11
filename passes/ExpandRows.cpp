// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Replaces row ops, and elementwise ones that are made of others, by the body of their record, so
// that fusion sees elementwise ops and reductions.
#include "passes/Passes.h"
#include "runtime/base/SafePoint.h"
#include "runtime/ops/Attributes.h"

#include <mlir/IR/Builders.h>

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_EXPANDROWS
#include "passes/Passes.h.inc"

namespace {

/// Expands one op. Every step keeps the row axis with extent 1; a last step without it drops it.
class Expansion {
public:
  Expansion(Operation *op, const OpInfo &row) : op(op), row(row), builder(op) {
    if (row.family == Family::row)
      axis = op->getAttrOfType<IntegerAttr>("axis").getInt();
  }
  Value run();

private:
  Value operand(const BodyOperand &operand);
  Value converted(Value value);
  llvm::SmallVector<Value, 2> step(const BodyStep &step);
  Value make(const OpInfo &made, ValueRange operands, AttrWords attrs);
  Value constant(double value);

  Operation *op;
  const OpInfo &row;
  OpBuilder builder;
  std::int64_t axis = 0; ///< of a row
  llvm::SmallVector<llvm::SmallVector<Value, 2>> steps;
};

} // namespace

Value Expansion::constant(double value) {
  const auto type = RankedTensorType::get(
      {}, cast<RankedTensorType>(op->getResult(0).getType()).getElementType());
  const auto attr =
      DenseElementsAttr::get(type, Attribute(builder.getFloatAttr(type.getElementType(), value)));
  return trace::ConstantOp::create(builder, op->getLoc(), type, attr);
}

/// As the dtype that the op computes in, which is the result's.
Value Expansion::converted(Value value) {
  const auto type = cast<RankedTensorType>(value.getType());
  const Type element = cast<RankedTensorType>(op->getResult(0).getType()).getElementType();
  if (type.getElementType() == element)
    return value;
  const std::int64_t dtype[] = {
      static_cast<std::int64_t>(trace::meta_of(op->getResult(0).getType())->dtype)};
  Operation *cast_op = trace::create_op(builder, op->getLoc(), info(OpKind::astype), value, dtype,
                                        RankedTensorType::get(type.getShape(), element));
  trace::set_graph_op(cast_op, trace::graph_op(op));
  return cast_op->getResult(0);
}

Value Expansion::operand(const BodyOperand &operand) {
  switch (operand.kind) {
  case BodyOperand::operand:
    return converted(op->getOperand(operand.index));
  case BodyOperand::step:
    return steps[operand.index][operand.result];
  case BodyOperand::constant:
    return constant(operand.value);
  }
  return {};
}

llvm::SmallVector<Value, 2> Expansion::step(const BodyStep &step) {
  const OpInfo &made = info(step.op);
  llvm::SmallVector<Value, 3> operands;
  llvm::SmallVector<OperandType, 3> types;
  for (const BodyOperand &each : step.operands) {
    operands.push_back(operand(each));
    types.push_back({trace::meta_of(operands.back().getType()), ScalarKind::floating});
  }
  llvm::SmallVector<std::int64_t> words;
  for (const AttrField &field : made.attrs) {
    if (field.name == "axis")
      words.append({1, axis});
    else if (field.name == "keepdims")
      words.push_back(1);
    else if (field.name == "dtype")
      words.push_back(static_cast<std::int64_t>(types[0].meta->dtype));
    else // correction
      words.push_back(0);
  }
  Inferred inferred;
  [[maybe_unused]] const auto message = infer({made.kind, words, types}, inferred);
  llvm::SmallVector<Type, 2> results;
  for (std::uint8_t i = 0; i < inferred.count; ++i)
    results.push_back(
        trace::tensor_type(op->getContext(), inferred.results[i].dtype, inferred.results[i].dims));
  Operation *created = trace::create_op(builder, op->getLoc(), made, operands, words, results);
  trace::set_graph_op(created, trace::graph_op(op));
  return {created->result_begin(), created->result_end()};
}

Value Expansion::run() {
  for (const BodyStep &each : row.body)
    steps.push_back(step(each));
  const Value result = steps.back()[0];
  const Type wanted = op->getResult(0).getType();
  if (result.getType() == wanted)
    return result;
  // The body keeps the axis, the op drops it.
  const llvm::SmallVector<std::int64_t, 2> words{1, axis};
  Operation *squeeze =
      trace::create_op(builder, op->getLoc(), info(OpKind::squeeze), result, words, wanted);
  trace::set_graph_op(squeeze, trace::graph_op(op));
  return squeeze->getResult(0);
}

// Over another axis than the last, an eager kernel may reduce in the other order: the library runs
// those.
static bool over_last_axis(Operation *op) {
  const Meta &x = *trace::meta_of(op->getOperand(0).getType());
  return op->getAttrOfType<IntegerAttr>("axis").getInt() == x.rank - 1 && x.size > 0;
}

void expand_rows(trace::FuncOp program) {
  for (Operation &op : llvm::make_early_inc_range(program.block())) {
    safe_point();
    const OpInfo *row = trace::table_row(&op);
    if (!row || row->body.empty() || (row->family == Family::row && !over_last_axis(&op)))
      continue;
    op.getResult(0).replaceAllUsesWith(Expansion(&op, *row).run());
    op.erase();
  }
}

namespace {
struct ExpandRowsPass : impl::ExpandRowsBase<ExpandRowsPass> {
  void runOnOperation() override { expand_rows(getOperation()); }
};
} // namespace

} // namespace jit
