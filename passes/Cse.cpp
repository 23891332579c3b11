// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shares equal ops. Every op of a program is pure and a program has one block, so an earlier equal op
// always dominates.
#include "passes/Passes.h"

#include <llvm/ADT/DenseMap.h>
#include <mlir/IR/OperationSupport.h>

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_CSE
#include "passes/Passes.h.inc"

namespace {
/// Equal up to location and graph op number.
struct SameOp : llvm::DenseMapInfo<Operation *> {
  static unsigned getHashValue(Operation *op) {
    return static_cast<unsigned>(llvm::hash_combine(
        op->getName().getAsOpaquePointer(), op->hashProperties(),
        llvm::hash_combine_range(op->operand_begin(), op->operand_end())));
  }
  static bool isEqual(Operation *a, Operation *b) {
    if (a == b || a == getTombstoneKey() || a == getEmptyKey() || b == getTombstoneKey() ||
        b == getEmptyKey())
      return a == b;
    return a->getName() == b->getName() && a->getOperands() == b->getOperands() &&
           a->getResultTypes() == b->getResultTypes() &&
           a->getName().compareOpProperties(a->getPropertiesStorage(), b->getPropertiesStorage());
  }
};
} // namespace

void cse(trace::FuncOp program) {
  llvm::DenseSet<Operation *, SameOp> seen;
  for (Operation &op : llvm::make_early_inc_range(program.block().without_terminator())) {
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
