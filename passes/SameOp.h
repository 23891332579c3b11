// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that compute the same: equal up to location and graph op number.
#pragma once

#include <llvm/ADT/DenseSet.h>
#include <mlir/IR/Operation.h>

namespace jit {

struct SameOp : llvm::DenseMapInfo<mlir::Operation *> {
  static unsigned getHashValue(mlir::Operation *op) {
    return static_cast<unsigned>(
        llvm::hash_combine(op->getName().getAsOpaquePointer(), op->hashProperties(),
                           llvm::hash_combine_range(op->operand_begin(), op->operand_end())));
  }
  static bool isEqual(mlir::Operation *a, mlir::Operation *b) {
    if (a == b || a == getTombstoneKey() || a == getEmptyKey() || b == getTombstoneKey() ||
        b == getEmptyKey())
      return a == b;
    return a->getName() == b->getName() && a->getOperands() == b->getOperands() &&
           a->getResultTypes() == b->getResultTypes() &&
           a->getName().compareOpProperties(a->getPropertiesStorage(), b->getPropertiesStorage());
  }
};

using OpSet = llvm::DenseSet<mlir::Operation *, SameOp>;

} // namespace jit
