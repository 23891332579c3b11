// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// DissolveJoins: where no part of a join is computed in its place, the library copies all parts at
// once.
#include "passes/Lifter.h"
#include "passes/Passes.h"
#include "runtime/base/SafePoint.h"

#include <mlir/IR/Builders.h>
#include <mlir/IR/BuiltinOps.h>

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_DISSOLVEJOINS
#include "passes/Passes.h.inc"

using Kernels = llvm::StringMap<kernel::FuncOp>;

// What a launch copies point by point and does nothing else, or nothing. What was merged into it
// may have left its order in the map of the load.
static Value copied_by(kernel::LaunchOp launch, const Kernels &kernels, Views &views) {
  Block &block = kernels.lookup(launch.getCallee()).block();
  auto load = dyn_cast<kernel::LoadOp>(block.front());
  if (!load || load.getGuard() || launch.getNumOperands() != 1 || launch.getNumResults() != 1 ||
      block.getOperations().size() != 2 ||
      launch.getOperand(0).getType() != launch.getResult(0).getType())
    return {};
  const Meta &source = *views.of(launch.getOperand(0)).meta;
  const Iteration iteration = over(source.dims());
  const auto same = kernel::MapAttr::of(launch.getContext(), 0, iteration.strides(source));
  return load.getMap() == same ? launch.getOperand(0) : Value();
}

static void dissolve(kernel::JoinOp join, Kernels &kernels, Views &views) {
  llvm::SmallVector<Value> sources;
  for (const Value part : join.getParts()) {
    sources.push_back(copied_by(part.getDefiningOp<kernel::LaunchOp>(), kernels, views));
    if (!sources.back())
      return;
  }
  OpBuilder builder(join);
  const std::int64_t words[] = {static_cast<std::int64_t>(join.getAxis())};
  Operation *concat = trace::create_op(builder, join.getLoc(), info(OpKind::concat), sources, words,
                                       join.getResult().getType());
  trace::set_graph_op(concat, static_cast<std::int32_t>(join.getOp()));
  llvm::SmallVector<Value> parts(join.getParts());
  join.getResult().replaceAllUsesWith(concat->getResult(0));
  join.erase();
  for (const Value part : parts) {
    auto launch = part.getDefiningOp<kernel::LaunchOp>();
    kernels.lookup(launch.getCallee()).erase();
    launch.erase();
  }
}

void dissolve_joins(trace::FuncOp program) {
  Kernels kernels;
  Views views;
  for (auto function : program->getParentOfType<ModuleOp>().getOps<kernel::FuncOp>())
    kernels[function.getSymName()] = function;
  for (auto join : llvm::make_early_inc_range(program.block().getOps<kernel::JoinOp>())) {
    safe_point();
    dissolve(join, kernels, views);
  }
}

namespace {
struct DissolveJoinsPass : impl::DissolveJoinsBase<DissolveJoinsPass> {
  void runOnOperation() override {
    for (auto program : getOperation().getOps<trace::FuncOp>())
      dissolve_joins(program);
  }
};
} // namespace

} // namespace jit
