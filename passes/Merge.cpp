// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Merger, second half: writes the merged kernel and puts its launch in place.
#include "passes/Merge.h"
#include "runtime/base/SeededBugs.h"

#include <mlir/IR/BuiltinOps.h>

using namespace mlir;

namespace jit {

// An equal op that is there already, or this one.
Operation *Merger::share(Operation *op) {
  const auto [place, added] = known.insert(op);
  Operation *result = *place;
  if (!added)
    op->erase();
  return result;
}

Value Merger::argument(Value operand) {
  const auto found = llvm::find(operands, operand);
  const auto position = static_cast<unsigned>(found - operands.begin());
  if (found == operands.end()) {
    const Type element = cast<RankedTensorType>(operand.getType()).getElementType();
    merged.block().addArgument(kernel::BufType::get(body.getContext(), element), merged.getLoc());
    operands.push_back(operand);
  }
  return merged.block().getArgument(position);
}

Value Merger::clone_arg(kernel::LaunchOp launch, kernel::ArgOp arg) {
  const std::int32_t slot = launch.getSlots()[arg.getNumber()];
  for (auto other : merged.block().getOps<kernel::ArgOp>())
    if (slots[other.getNumber()] == slot && other.getType() == arg.getType())
      return other;
  slots.push_back(slot);
  return kernel::ArgOp::create(body, arg.getLoc(), arg.getType(),
                               static_cast<std::int32_t>(slots.size() - 1));
}

// constant + sum(coefficient * index), in i64.
Value Merger::clone_index(kernel::IndexOp index, const AxisSum &sum) {
  const Type i64 = body.getI64Type();
  const Location location = index.getLoc();
  const auto number = [&](std::int64_t value) {
    return unique(kernel::ConstOp::create(body, location, body.getI64IntegerAttr(value)));
  };
  const auto ew = [&](ScalarFunction function, Value a, Value b) {
    return unique(kernel::EwOp::create(body, location, function, ValueRange{a, b}, i64));
  };
  Value total;
  for (unsigned axis = 0; axis < sum.coefficients.size(); ++axis) {
    const std::int64_t factor = sum.coefficients[axis];
    if (factor == 0)
      continue;
    const Type type = kernel::ValType::get(body.getContext(), i64, 1u << axis);
    Value term =
        unique(kernel::IndexOp::create(body, location, type, static_cast<std::int32_t>(axis)));
    if (factor != 1)
      term = ew(ScalarFunction::multiply, term, number(factor));
    total = total ? ew(ScalarFunction::add, total, term) : term;
  }
  if (!total)
    return number(sum.constant);
  return sum.constant ? ew(ScalarFunction::add, total, number(sum.constant)) : total;
}

static std::uint32_t axes_of(Value value) {
  return cast<kernel::ValType>(value.getType()).getAxes();
}

// Either may be missing.
Value Merger::both(Value guard, Value other) {
  if (!guard || !other || guard == other)
    return guard ? guard : other;
  return unique(kernel::EwOp::create(body, guard.getLoc(), ScalarFunction::logical_and,
                                     ValueRange{guard, other}, body.getI1Type()));
}

// The ops that a guard of the consumer consists of, before its own place. `guards` gets what must
// be true for it to be.
void Merger::clone_guard(Value guard, const Substitution &axes, IRMapping &values,
                         llvm::SmallVectorImpl<Value> &guards) {
  Operation *op = guard.getDefiningOp();
  auto ew = dyn_cast<kernel::EwOp>(op);
  const bool both_sides = ew && ew.scalar() == ScalarFunction::logical_and;
  llvm::SmallVector<Value> parts;
  for (const Value operand : op->getOperands())
    clone_guard(operand, axes, values, both_sides ? guards : parts);
  if (!values.contains(guard))
    clone_op(consumer, *op, axes, values);
  if (!both_sides)
    guards.push_back(values.lookup(guard));
}

void Merger::clone_op(Node from, Operation &op, const Substitution &axes, IRMapping &values,
                      ArrayRef<Value> guards) {
  const Location location = op.getLoc();
  // Where a guard ranges over other axes only, the element is there all the same.
  const auto guarded = [&](Value own, std::uint32_t place) {
    Value result = own ? values.lookup(own) : own;
    for (const Value guard : guards)
      if (const std::uint32_t own_axes = axes_of(guard); !own_axes || own_axes & place)
        result = both(result, guard);
    return result;
  };
  const auto mapped = [&] {
    llvm::SmallVector<Value, 4> result;
    for (const Value operand : op.getOperands())
      result.push_back(values.lookup(operand));
    return result;
  };
  const auto buffer_like = [&](Value buffer) {
    return argument(from.launch.getOperand(cast<BlockArgument>(buffer).getArgNumber()));
  };
  if (auto load = dyn_cast<kernel::LoadOp>(op)) {
    const Value buffer = buffer_like(load.getBuffer());
    const kernel::MapAttr map = substitute(load.getMap(), axes);
    const Value guard = guarded(load.getGuard(), map.axes());
    values.map(load.getResult(),
               unique(kernel::LoadOp::create(body, location, buffer, map, guard)));
  } else if (auto gather = dyn_cast<kernel::GatherOp>(op)) {
    const Value buffer = buffer_like(gather.getBuffer());
    const kernel::MapAttr map = substitute(gather.getMap(), axes);
    const Value index = values.lookup(gather.getIndex());
    const Value guard = guarded(gather.getGuard(), map.axes() | axes_of(index));
    values.map(gather.getResult(), unique(kernel::GatherOp::create(
                                       body, location, buffer, map, index,
                                       static_cast<std::int64_t>(gather.getStride()),
                                       static_cast<std::int64_t>(gather.getExtent()), guard)));
  } else if (auto inside = dyn_cast<kernel::InsideOp>(op)) {
    values.map(inside.getResult(), unique(kernel::InsideOp::create(
                                       body, location, substitute(inside.getCoordinate(), axes),
                                       static_cast<std::int64_t>(inside.getExtent()))));
  } else if (auto constant = dyn_cast<kernel::ConstOp>(op)) {
    values.map(constant.getResult(),
               unique(kernel::ConstOp::create(body, location, constant.getValue())));
  } else if (auto arg = dyn_cast<kernel::ArgOp>(op)) {
    values.map(arg.getResult(), clone_arg(from.launch, arg));
  } else if (auto index = dyn_cast<kernel::IndexOp>(op)) {
    values.map(index.getResult(), clone_index(index, axes[index.getAxis()]));
  } else if (auto ew = dyn_cast<kernel::EwOp>(op)) {
    values.map(ew.getResult(), unique(kernel::EwOp::create(body, location, ew.scalar(), mapped(),
                                                           ew.getType().getElement())));
  } else if (auto reduce = dyn_cast<kernel::ReduceOp>(op)) {
    const Value operand = mapped()[0];
    const std::uint32_t left = cast<kernel::ValType>(operand.getType()).getAxes() &
                               ~merged.getSpace().of_kind(kernel::AxisKind::row);
    llvm::SmallVector<Type, 2> types;
    for (const Type type : op.getResultTypes())
      types.push_back(
          kernel::ValType::get(body.getContext(), cast<kernel::ValType>(type).getElement(), left));
    auto made = kernel::ReduceOp::create(body, location, types, reduce.getKind(), operand,
                                         reduce.getOrder(), reduce.getCorrection());
    values.map(reduce.getResults(), share(made)->getResults());
  } else if (auto contract = dyn_cast<kernel::ContractOp>(op)) {
    const llvm::SmallVector<Value, 4> sides = mapped();
    const std::uint32_t both = cast<kernel::ValType>(sides[0].getType()).getAxes() |
                               cast<kernel::ValType>(sides[1].getType()).getAxes();
    const Type type =
        kernel::ValType::get(body.getContext(), contract.getType().getElement(),
                             both & ~merged.getSpace().of_kind(kernel::AxisKind::inner));
    values.map(contract.getResult(),
               unique(kernel::ContractOp::create(body, location, type, sides[0], sides[1])));
  }
}

void Merger::clone_body(Node from, const Substitution &axes, IRMapping &values,
                        ArrayRef<Value> guards) {
  for (Operation &op : from.function.block())
    if (!isa<kernel::StoreOp>(op) && !values.contains(op.getResult(0)))
      clone_op(from, op, axes, values, guards);
}

void Merger::add_output(Value value, kernel::MapAttr map) {
  const Type element = cast<kernel::ValType>(value.getType()).getElement();
  const Value buffer =
      merged.block().addArgument(kernel::BufType::get(body.getContext(), element), merged.getLoc());
  kernel::StoreOp::create(body, merged.getLoc(), value, buffer, map);
}

Node Merger::build(OpBuilder &builder, StringRef name) {
  MLIRContext *context = body.getContext();
  body.setInsertionPointToEnd(consumer.function->getBlock());
  merged = kernel::FuncOp::create(body, consumer.function.getLoc(), name,
                                  kernel::SpaceAttr::get(context, space), TypeRange());
  body.setInsertionPointToEnd(&merged.block());

  // The producer, once for every way in which the consumer looks at it.
  struct Instance {
    Substitution point;
    llvm::SmallVector<Value> guards;
    IRMapping values;
  };
  std::vector<Instance> instances;
  IRMapping values;
  const Substitution axes = compose(refined.original, consumer_axes);
  for (Use &use : uses) {
    llvm::SmallVector<Value> guards;
    if (const Value guard = use.load.getGuard())
      clone_guard(guard, axes, values, guards);
    auto instance = llvm::find_if(instances, [&](const Instance &each) {
      return (each.point == use.point && each.guards == guards) ||
             planted(SeededBug::one_look_for_all);
    });
    if (instance == instances.end()) {
      instances.push_back({use.point, guards, IRMapping()});
      clone_body(producer, use.point, instances.back().values, guards);
      instance = std::prev(instances.end());
    }
    values.map(use.load.getResult(), instance->values.lookup(store_of(use.result).getValue()));
  }
  clone_body(consumer, axes, values);

  llvm::SmallVector<Type> results;
  for (const unsigned result : kept) {
    auto store = store_of(result);
    add_output(instances[0].values.lookup(store.getValue()),
               substitute(store.getMap(), instances[0].point));
    results.push_back(producer.launch.getResult(result).getType());
  }
  for (auto store : consumer.function.block().getOps<kernel::StoreOp>())
    add_output(values.lookup(store.getValue()), substitute(store.getMap(), axes));
  llvm::append_range(results, consumer.launch.getResultTypes());

  llvm::SmallVector<std::int32_t> ops(producer.launch.getOps());
  for (const std::int32_t op : consumer.launch.getOps())
    if (!llvm::is_contained(ops, op))
      ops.push_back(op);
  builder.setInsertionPoint(consumer.launch);
  auto launch = kernel::LaunchOp::create(builder, consumer.launch.getLoc(), results, name, operands,
                                         slots, ops);
  return {launch, merged};
}

// Erases a launch, and views that nobody uses any more.
static void erase_views(Value value) {
  for (Operation *user : llvm::make_early_inc_range(value.getUsers())) {
    for (const Value result : user->getResults())
      erase_views(result);
    if (user->use_empty())
      user->erase();
  }
}

void Merger::commit(Node made) {
  const auto results = made.launch.getResults();
  consumer.launch.getResults().replaceAllUsesWith(results.drop_front(kept.size()));
  for (const auto [number, result] : llvm::enumerate(kept))
    producer.launch.getResult(result).replaceAllUsesExcept(results[number], consumer.launch);
  consumer.launch.erase();
  consumer.function.erase();
  if (!replaces)
    return;
  for (const Value result : producer.launch.getResults())
    erase_views(result);
  producer.launch.erase();
  producer.function.erase();
}

} // namespace jit
