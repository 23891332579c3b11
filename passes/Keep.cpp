// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Keep: values that later passes over the row need, and that cost too much to be computed again,
// are held.
#include "passes/KernelFacts.h"
#include "passes/Passes.h"
#include "runtime/base/SafePoint.h"

#include <mlir/IR/Builders.h>
#include <mlir/IR/BuiltinOps.h>

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_KEEP
#include "passes/Passes.h.inc"

static void keep(kernel::FuncOp function) {
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

void keep(trace::FuncOp program) {
  for (auto function : program->getParentOfType<ModuleOp>().getOps<kernel::FuncOp>()) {
    safe_point();
    keep(function);
  }
}

namespace {
struct KeepPass : impl::KeepBase<KeepPass> {
  void runOnOperation() override {
    for (auto program : getOperation().getOps<trace::FuncOp>())
      keep(program);
  }
};
} // namespace

} // namespace jit
