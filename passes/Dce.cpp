// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Drops ops whose results nobody uses. Every op of a program is pure.
#include "passes/Passes.h"
#include "runtime/base/SafePoint.h"

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_DCE
#include "passes/Passes.h.inc"

void dce(trace::FuncOp program) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(program.block()))) {
    safe_point();
    if (!op.hasTrait<OpTrait::IsTerminator>() && op.use_empty())
      op.erase();
  }
}

namespace {
struct DcePass : impl::DceBase<DcePass> {
  void runOnOperation() override { dce(getOperation()); }
};
} // namespace

} // namespace jit
