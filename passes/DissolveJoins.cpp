// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// DissolveJoins: where no part of a join is computed in its place, the library copies all parts at
// once.
#include "passes/Passes.h"
#include "passes/Views.h"
#include "runtime/base/SafePoint.h"

#include <mlir/IR/Builders.h>
#include <mlir/IR/BuiltinOps.h>

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_DISSOLVEJOINS
#include "passes/Passes.h.inc"

using Kernels = llvm::StringMap<kernel::FuncOp>;

// What a launch copies and does nothing else, or nothing.
static Value copied_by(kernel::LaunchOp launch, const Kernels &kernels) {
  Block &block = kernels.lookup(launch.getCallee()).block();
  const bool copies = launch.getNumOperands() == 1 && launch.getNumResults() == 1 &&
                      block.getOperations().size() == 2 && isa<kernel::LoadOp>(block.front());
  return copies ? launch.getOperand(0) : Value();
}

static void dissolve(kernel::JoinOp join, Kernels &kernels) {
  llvm::SmallVector<Value> sources;
  for (const Value part : join.getParts()) {
    sources.push_back(copied_by(part.getDefiningOp<kernel::LaunchOp>(), kernels));
    if (!sources.back() || sources.back().getType() != part.getType())
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
  for (auto function : program->getParentOfType<ModuleOp>().getOps<kernel::FuncOp>())
    kernels[function.getSymName()] = function;
  for (auto join : llvm::make_early_inc_range(program.block().getOps<kernel::JoinOp>())) {
    safe_point();
    dissolve(join, kernels);
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
