// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Resolves views by asking the op table for their strides and adding up their starts.
#include "passes/Views.h"
#include "runtime/base/SeededBugs.h"

using namespace mlir;

namespace jit {

static const Meta *argument_meta(BlockArgument argument) {
  auto function = cast<trace::FuncOp>(argument.getOwner()->getParentOp());
  const Meta *row_major = trace::meta_of(argument.getType());
  if (!function.getStrides())
    return row_major;
  const auto strides =
      cast<DenseI64ArrayAttr>((*function.getStrides())[argument.getArgNumber()]).asArrayRef();
  return intern_meta(row_major->dtype, row_major->dims(), Dims(strides.data(), strides.size()));
}

static void add_starts(trace::SliceOp slice, const Meta &base, View &view) {
  for (const auto [axis, start] : llvm::enumerate(slice.getStarts())) {
    const std::int64_t stride = base.stride_values[axis];
    if (planted(SeededBug::starts_lost) && axis + 1 == slice.getStarts().size())
      continue;
    if (auto number = start.getDefiningOp<trace::ScalarOp>())
      view.terms.push_back({static_cast<std::uint32_t>(number.getSlot()), stride});
  }
}

// What an op of family `view` looks at, else nothing.
static Value viewed(Value value) {
  Operation *op = value.getDefiningOp();
  const OpInfo *row = op ? trace::table_row(op) : nullptr;
  return row && row->family == Family::view ? op->getOperand(0) : Value();
}

// The view of what the value views is known.
View Views::compute(Value value) {
  if (const auto argument = dyn_cast<BlockArgument>(value))
    return {value, argument_meta(argument), 0, {}};
  const Value base = viewed(value);
  if (!base)
    return {value, trace::meta_of(value.getType()), 0, {}};

  Operation *op = value.getDefiningOp();
  const OpInfo *row = trace::table_row(op);
  View view = *known.find(base)->second;
  llvm::SmallVector<OperandType, max_rank + 1> operands(op->getNumOperands(),
                                                        {nullptr, ScalarKind::integer});
  operands[0] = {view.meta, ScalarKind::floating};
  const llvm::SmallVector<std::int64_t> words = trace::words_of(op, *row);
  Inferred inferred;
  const auto message = infer({row->kind, words, operands}, inferred);
  const ResultType &result = inferred.results[0];
  if (message || !result.view) // a reshape that must copy
    return {value, trace::meta_of(value.getType()), 0, {}};
  if (auto slice = dyn_cast<trace::SliceOp>(op))
    add_starts(slice, *view.meta, view);
  view.meta = intern_meta(result.dtype, result.dims, result.strides);
  return view;
}

const View &Views::of(Value value) {
  if (const auto found = known.find(value); found != known.end())
    return *found->second;
  // Not by recursion: a trace may be one long chain of views.
  llvm::SmallVector<Value, 4> unknown;
  for (Value at = value; at && !known.contains(at); at = viewed(at))
    unknown.push_back(at);
  for (const Value at : llvm::reverse(unknown)) {
    auto view = std::make_unique<View>(compute(at));
    known[at] = std::move(view);
  }
  return *known.find(value)->second;
}

void Views::forget(Value value) {
  llvm::SmallVector<Value, 4> work{value};
  while (!work.empty()) {
    const Value at = work.pop_back_val();
    known.erase(at);
    for (Operation *user : at.getUsers())
      if (user->getNumResults() == 1 && viewed(user->getResult(0)) == at)
        work.push_back(user->getResult(0));
  }
}

bool is_view(Operation *op, Views &views) {
  const OpInfo *row = trace::table_row(op);
  return row && row->family == Family::view && views.of(op->getResult(0)).root != op->getResult(0);
}

} // namespace jit
