// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An order of a program's ops in which operands come first, kept while launches merge.
#pragma once

#include "passes/Views.h"

#include <llvm/ADT/DenseMap.h>
#include <mlir/IR/Block.h>
#include <mlir/IR/Operation.h>

#include <list>

namespace jit {

/// The block itself has no such order during fusion: a merged launch stands where its consumer
/// stood, behind other users of its producer. Erased ops must be taken out.
class LaunchOrder {
public:
  /// Views do not count: they compute nothing.
  LaunchOrder(mlir::Block &block, Views &views);

  bool before(mlir::Operation *a, mlir::Operation *b) const { return number(a) < number(b); }
  /// `made` takes the place of `old`, which is gone.
  void replace(mlir::Operation *old, mlir::Operation *made);
  void erase(mlir::Operation *op);
  /// Moves `ops` right before `place`; their order among each other stays.
  void move_before(llvm::SmallVector<mlir::Operation *> ops, mlir::Operation *place);
  /// Puts the ops of the block in this order. What needs no tensor (fills, numbers, constants) and
  /// views come right before their first reader, so that fills do not lie there for long.
  void arrange(mlir::Block &block, Views &views) const;

private:
  struct Entry {
    mlir::Operation *op;
    std::uint64_t number; ///< grows along the list, with gaps
  };
  using Place = std::list<Entry>::iterator;
  std::uint64_t number(mlir::Operation *op) const { return places.lookup(op)->number; }
  void renumber();

  std::list<Entry> order;
  llvm::DenseMap<mlir::Operation *, Place> places;
};

} // namespace jit
