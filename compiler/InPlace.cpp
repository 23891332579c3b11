// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which output of a kernel may be the memory of which input.
#include "compiler/Planner.h"
#include "passes/KernelFacts.h"
#include "runtime/base/SeededBugs.h"

using namespace mlir;

namespace jit {

bool may_share(kernel::FuncOp function, unsigned input, unsigned output) {
  Block &block = function.block();
  const BlockArgument from = block.getArgument(input), to = block.getArgument(output);
  if (from.getType() != to.getType())
    return false;
  auto store = cast<kernel::StoreOp>(*to.user_begin());
  for (Operation *user : from.getUsers())
    if (!isa<kernel::LoadOp>(user) || (cast<kernel::LoadOp>(user).getMap() != store.getMap() &&
                                       !planted(SeededBug::shared_across_maps)))
      return false;
  const kernel::SpaceAttr space = function.getSpace();
  for (unsigned axis = 0; axis < space.size(); ++axis)
    if (space.extent(axis) > 1 && store.getMap().stride(axis) == 0)
      return false;
  if (!space.of_kind(kernel::AxisKind::row))
    return true;
  // With rows, only a store in the last pass, when nothing lies in scratch that might be the
  // output.
  if (!block.getOps<kernel::KeepOp>().empty())
    return false;
  const RowPasses passes = number_row_passes(function);
  const unsigned own = passes.of.lookup(store.getValue());
  return llvm::all_of(passes.of, [&](const auto &each) { return each.second <= own; });
}

bool is_update(kernel::FuncOp function, unsigned input, unsigned output) {
  Block &block = function.block();
  auto store = cast<kernel::StoreOp>(*block.getArgument(output).user_begin());
  auto last = store.getValue().getDefiningOp<kernel::EwOp>();
  if (!last)
    return false;
  return llvm::any_of(last->getOperands(), [&](Value operand) {
    auto load = operand.getDefiningOp<kernel::LoadOp>();
    return load && load.getBuffer() == block.getArgument(input);
  });
}

} // namespace jit
