// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// MergeAxes: axes of one point go, and neighbours that every access steps over as over one become
// one. Kernels of equal text are compiled once, and loops become longer.
#include "passes/KernelFacts.h"
#include "passes/Passes.h"
#include "runtime/base/SafePoint.h"

#include <llvm/ADT/StringSet.h>
#include <mlir/IR/Builders.h>
#include <mlir/IR/BuiltinOps.h>

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_MERGEAXES
#include "passes/Passes.h.inc"

static kernel::MapAttr without_axis(kernel::MapAttr map, unsigned axis) {
  llvm::SmallVector<std::int64_t> strides(map.getStrides());
  if (axis < strides.size())
    strides.erase(strides.begin() + axis);
  return kernel::MapAttr::of(map.getContext(), map.getOffset(), strides);
}

static Type without_axis(kernel::ValType type, unsigned axis) {
  const std::uint32_t below = type.getAxes() & ((1u << axis) - 1);
  const std::uint32_t from = type.getAxes() >> (axis + 1) << axis;
  return kernel::ValType::get(type.getContext(), type.getElement(), below | from);
}

// The numbers after the axis move down. Nobody asks for its index.
static void remove_axis(kernel::FuncOp function, unsigned axis) {
  llvm::SmallVector<kernel::Axis> axes(function.getSpace().getAxes());
  axes.erase(axes.begin() + axis);
  function.setSpaceAttr(kernel::SpaceAttr::get(function.getContext(), axes));
  for (Operation &op : function.block()) {
    if (const kernel::MapAttr map = kernel::access_map(&op))
      kernel::set_access_map(&op, without_axis(map, axis));
    else if (auto index = dyn_cast<kernel::IndexOp>(op); index && index.getAxis() > axis)
      index.setAxis(index.getAxis() - 1);
    for (Value result : op.getResults())
      result.setType(without_axis(cast<kernel::ValType>(result.getType()), axis));
  }
}

static void drop_axis_of_one_point(kernel::FuncOp function, unsigned axis) {
  for (auto index : llvm::make_early_inc_range(function.block().getOps<kernel::IndexOp>()))
    if (index.getAxis() == axis) {
      OpBuilder builder(index);
      index.replaceAllUsesWith(
          kernel::ConstOp::create(builder, index.getLoc(), builder.getI64IntegerAttr(0))
              .getResult());
      index.erase();
    }
  remove_axis(function, axis);
}

// Axis and axis + 1 become axis.
static void merge(kernel::FuncOp function, unsigned axis) {
  llvm::SmallVector<kernel::Axis> axes(function.getSpace().getAxes());
  axes[axis + 1].extent *= axes[axis].extent;
  function.setSpaceAttr(kernel::SpaceAttr::get(function.getContext(), axes));
  remove_axis(function, axis);
}

// The columns of an epilogue stay an axis of their own: tiles are ranges of them.
static void merge_axes(kernel::FuncOp function, bool is_epilogue) {
  const kernel::SpaceAttr space = function.getSpace();
  const bool has_columns = is_epilogue && space.extent(space.size() - 1) > 1;
  for (unsigned axis = space.size(); axis-- > 0;)
    if (space.extent(axis) == 1 && space.kind(axis) == kernel::AxisKind::parallel)
      drop_axis_of_one_point(function, axis);
  for (unsigned axis = function.getSpace().size() - has_columns; axis-- > 1;)
    if (can_merge_axes(function, axis - 1))
      merge(function, axis - 1);
}

void merge_axes(trace::FuncOp program) {
  llvm::StringSet<> epilogues;
  for (auto launch : program.block().getOps<kernel::LaunchOp>())
    if (const auto epilogue = launch.getEpilogue())
      epilogues.insert(*epilogue);
  for (auto function : program->getParentOfType<ModuleOp>().getOps<kernel::FuncOp>()) {
    safe_point();
    if (function.block().getOps<kernel::ContractOp>().empty()) // else the axes are what it tells
      merge_axes(function, epilogues.contains(function.getSymName()));
  }
}

namespace {
struct MergeAxesPass : impl::MergeAxesBase<MergeAxesPass> {
  void runOnOperation() override {
    for (auto program : getOperation().getOps<trace::FuncOp>())
      merge_axes(program);
  }
};
} // namespace

} // namespace jit
