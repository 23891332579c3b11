// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shares equal ops. Every op of a program is pure and a program has one block, so an earlier equal
// op always dominates.
#include "passes/Passes.h"
#include "passes/SameOp.h"
#include "runtime/base/SafePoint.h"

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_CSE
#include "passes/Passes.h.inc"

void cse(trace::FuncOp program) {
  OpSet seen;
  for (Operation &op : llvm::make_early_inc_range(program.block().without_terminator())) {
    safe_point();
    const auto [place, added] = seen.insert(&op);
    if (added)
      continue;
    op.replaceAllUsesWith((*place)->getResults());
    op.erase();
  }
}

namespace {
struct CsePass : impl::CseBase<CsePass> {
  void runOnOperation() override { cse(getOperation()); }
};
} // namespace

} // namespace jit
