// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the passes on kernels ask about one of them.
#include "passes/KernelFacts.h"
#include "runtime/scalar/Orders.h"

#include <algorithm>

using namespace mlir;

namespace jit {

using kernel::AxisKind;

RowPasses number_row_passes(kernel::FuncOp function) {
  RowPasses passes;
  for (Operation &op : function.block()) {
    unsigned number = 0;
    for (const Value operand : op.getOperands())
      number = std::max(number, passes.of.lookup(operand));
    number += isa<kernel::ReduceOp>(op);
    for (const Value result : op.getResults())
      passes.of[result] = number;
    if (auto store = dyn_cast<kernel::StoreOp>(op)) {
      // Storing a result of a reduction needs no loop of its own.
      const bool over_row = store.getMap().axes() & function.getSpace().of_kind(AxisKind::row);
      passes.loops = std::max(passes.loops, over_row ? number + 1 : number);
    }
  }
  return passes;
}

unsigned reading_pass(Operation *op, const RowPasses &passes) {
  unsigned number = 0;
  for (const Value operand : op->getOperands())
    number = std::max(number, passes.of.lookup(operand));
  return number;
}

namespace {
/// What computing a value again costs, from loads and kept values on.
struct Work {
  unsigned loads = 0, cheap = 0, expensive = 0;
};
} // namespace

static void add_work(Value value, std::uint32_t rows, llvm::SmallPtrSetImpl<Operation *> &seen,
                     const llvm::SmallPtrSetImpl<Operation *> &held, Work &work) {
  Operation *op = value.getDefiningOp();
  if (!op || !(cast<kernel::ValType>(value.getType()).getAxes() & rows) || !seen.insert(op).second)
    return;
  if (isa<kernel::LoadOp>(op) || held.contains(op)) {
    ++work.loads;
    return;
  }
  if (isa<kernel::GatherOp>(op))
    ++work.loads;
  else if (auto ew = dyn_cast<kernel::EwOp>(op))
    ++(is_transcendental(ew.scalar()) ? work.expensive : work.cheap);
  for (const Value operand : op->getOperands())
    add_work(operand, rows, seen, held, work);
}

llvm::SmallVector<Value> values_to_keep(kernel::FuncOp function) {
  llvm::SmallVector<Value> keep;
  const std::uint32_t rows = function.getSpace().of_kind(AxisKind::row);
  if (!rows)
    return keep;
  const RowPasses passes = number_row_passes(function);
  llvm::SmallPtrSet<Operation *, 8> held;
  for (Operation &op : function.block()) {
    auto ew = dyn_cast<kernel::EwOp>(op);
    if (!ew || !(ew.getType().getAxes() & rows))
      continue;
    const unsigned own = passes.of.lookup(ew);
    const bool later = llvm::any_of(
        ew->getUsers(), [&](Operation *user) { return reading_pass(user, passes) > own; });
    if (!later)
      continue;
    Work work;
    llvm::SmallPtrSet<Operation *, 16> seen;
    add_work(ew, rows, seen, held, work);
    if (work.expensive || work.loads > 2 || work.cheap > 6) {
      keep.push_back(ew);
      held.insert(ew);
    }
  }
  return keep;
}

bool can_merge_axes(kernel::FuncOp function, unsigned axis) {
  const kernel::SpaceAttr space = function.getSpace();
  if (space.kind(axis) != space.kind(axis + 1))
    return false;
  const std::int64_t inner = space.extent(axis + 1);
  const auto steps_as_one = [&](kernel::MapAttr map) {
    return map.stride(axis) == map.stride(axis + 1) * inner;
  };
  for (Operation &op : function.block()) {
    if (const kernel::MapAttr map = kernel::access_map(&op); map && !steps_as_one(map))
      return false;
    if (auto index = dyn_cast<kernel::IndexOp>(op);
        index && (index.getAxis() == axis || index.getAxis() == axis + 1))
      return false;
  }
  return true;
}

bool rows_line_up(kernel::FuncOp function) {
  const kernel::SpaceAttr space = function.getSpace();
  if (space.points(space.of_kind(AxisKind::row)) <= window_points &&
      space.points(space.of_kind(AxisKind::parallel)) > 1)
    return true;
  for (unsigned axis = 0; axis + 1 < space.size(); ++axis)
    if (space.kind(axis) == AxisKind::row && space.kind(axis + 1) == AxisKind::row &&
        !can_merge_axes(function, axis))
      return false;
  return true;
}

// Orientation: measured on Zen 5, one core; only ratios matter.
static double bandwidth(double biggest_buffer) {
  return biggest_buffer <= 512e3 ? 200 : biggest_buffer <= 12e6 ? 100 : 40;
}

// Of a point: whole vectors where the index stands still along the last axis.
static double gather_cycles(kernel::GatherOp gather, kernel::SpaceAttr space) {
  const auto index = cast<kernel::ValType>(gather.getIndex().getType());
  return space.size() > 0 && index.ranges_over(space.size() - 1) ? 1 : 0.06;
}

// Truths of lanes are combined as masks.
static double element_cycles(kernel::EwOp ew) {
  const Value first = ew.getOperands().front();
  const bool combines_masks = ew.getType().getElement().isInteger(1) &&
                              cast<kernel::ValType>(first.getType()).getElement().isInteger(1);
  return is_transcendental(ew.scalar()) ? 0.5 : combines_masks ? 0.02 : 0.06;
}

double estimate_ns(kernel::FuncOp function) {
  const kernel::SpaceAttr space = function.getSpace();
  double bytes = 0, biggest = 0, cycles = 0;
  for (const BlockArgument argument : function.block().getArguments()) {
    const auto element = cast<kernel::BufType>(argument.getType()).getElement();
    const auto size = static_cast<double>(itemsize(kernel::dtype_of(element)));
    double touched = 0;
    llvm::SmallPtrSet<Attribute, 4> maps;
    for (Operation *user : argument.getUsers()) {
      const kernel::MapAttr map = kernel::access_map(user);
      auto gather = dyn_cast<kernel::GatherOp>(user);
      if (gather || maps.insert(map).second)
        touched = std::max(touched, size * static_cast<double>(space.points(
                                               gather ? gather.getType().getAxes() : map.axes())));
    }
    bytes += touched;
    biggest = std::max(biggest, touched);
  }
  for (Operation &op : function.block()) {
    if (auto ew = dyn_cast<kernel::EwOp>(op))
      cycles += element_cycles(ew) * static_cast<double>(space.points(ew.getType().getAxes()));
    else if (auto reduce = dyn_cast<kernel::ReduceOp>(op))
      cycles += 0.06 * static_cast<double>(space.points(reduce.getOperand().getType().getAxes()));
    else if (auto gather = dyn_cast<kernel::GatherOp>(op))
      cycles += gather_cycles(gather, space) *
                static_cast<double>(space.points(gather.getType().getAxes()));
    else if (isa<kernel::ContractOp>(op))
      cycles += static_cast<double>(space.points(space.all())) / 32;
  }
  const double work = std::max(bytes / bandwidth(biggest), cycles / 3.5);
  return work + 30 + (work > 5000 ? 300 : 0);
}

} // namespace jit
