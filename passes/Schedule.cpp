// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Schedule: the last touch to a kernel before machine code. Neighbouring axes that every access
// steps over as one become one, and values that later passes need are kept. Neither changes a bit.
#include "passes/KernelFacts.h"
#include "passes/Passes.h"
#include "runtime/base/SafePoint.h"

#include <mlir/IR/Builders.h>
#include <mlir/IR/BuiltinOps.h>

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_SCHEDULE
#include "passes/Passes.h.inc"

// Axes axis and axis + 1 become axis; the numbers after them move down.
static kernel::MapAttr merged_map(kernel::MapAttr map, unsigned axis) {
  llvm::SmallVector<std::int64_t> strides(map.getStrides());
  if (axis < strides.size())
    strides.erase(strides.begin() + axis);
  return kernel::MapAttr::of(map.getContext(), map.getOffset(), strides);
}

static Type merged_type(kernel::ValType type, unsigned axis) {
  const std::uint32_t below = type.getAxes() & ((1u << axis) - 1);
  const std::uint32_t from = type.getAxes() >> (axis + 1) << axis;
  return kernel::ValType::get(type.getContext(), type.getElement(), below | from);
}

static void merge_axes(kernel::FuncOp function, unsigned axis) {
  llvm::SmallVector<kernel::Axis> axes(function.getSpace().getAxes());
  axes[axis].extent *= axes[axis + 1].extent;
  axes.erase(axes.begin() + axis + 1);
  function.setSpaceAttr(kernel::SpaceAttr::get(function.getContext(), axes));
  for (Operation &op : function.block()) {
    if (auto load = dyn_cast<kernel::LoadOp>(op))
      load.setMapAttr(merged_map(load.getMap(), axis));
    else if (auto store = dyn_cast<kernel::StoreOp>(op))
      store.setMapAttr(merged_map(store.getMap(), axis));
    else if (auto index = dyn_cast<kernel::IndexOp>(op); index && index.getAxis() > axis)
      index.setAxis(index.getAxis() - 1);
    for (Value result : op.getResults())
      result.setType(merged_type(cast<kernel::ValType>(result.getType()), axis));
  }
}

static void keep_values(kernel::FuncOp function) {
  OpBuilder builder(function.getContext());
  for (Value value : values_to_keep(function)) {
    const RowPasses passes = number_row_passes(function);
    const unsigned own = passes.of.lookup(value);
    builder.setInsertionPointAfter(value.getDefiningOp());
    auto keep = kernel::KeepOp::create(builder, value.getLoc(), value.getType(), value);
    value.replaceUsesWithIf(keep, [&](OpOperand &use) {
      return use.getOwner() != keep && reading_pass(use.getOwner(), passes) > own;
    });
  }
}

void schedule(trace::FuncOp program) {
  for (auto function : program->getParentOfType<ModuleOp>().getOps<kernel::FuncOp>()) {
    safe_point();
    if (!function.block().getOps<kernel::ContractOp>().empty())
      continue; // planning needs its axes as they are
    for (unsigned axis = function.getSpace().size(); axis-- > 1;)
      if (can_merge_axes(function, axis - 1))
        merge_axes(function, axis - 1);
    keep_values(function);
  }
}

namespace {
struct SchedulePass : impl::ScheduleBase<SchedulePass> {
  void runOnOperation() override {
    for (auto program : getOperation().getOps<trace::FuncOp>())
      schedule(program);
  }
};
} // namespace

} // namespace jit
