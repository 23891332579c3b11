// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PeakBudget: how much a program holds at once while its launches merge, and whether it may.
#pragma once

#include "passes/Merge.h"
#include "passes/Views.h"

#include <llvm/ADT/DenseMap.h>

#include <limits>

namespace jit {

/// Bytes at every place of a program: what is added counts over a range of places.
class HeldBytes {
public:
  explicit HeldBytes(unsigned places);
  /// Adds to places [first, last].
  void add(unsigned first, unsigned last, std::int64_t bytes);
  /// The most at one place.
  std::int64_t peak() const { return most[1]; }

private:
  void add(unsigned node, unsigned begin, unsigned end, unsigned first, unsigned last,
           std::int64_t bytes);
  unsigned places;
  std::vector<std::int64_t> most;  ///< of a node's places, without what its parents add
  std::vector<std::int64_t> added; ///< to all places of a node
};

/// A merge that is possible. `between` are the ops that will stand before the producer then.
struct Merge {
  kernel::LaunchOp producer, consumer, merged;
  bool replaces;                 ///< the producer goes away
  llvm::ArrayRef<unsigned> kept; ///< results of the producer that come first among the merged ones
  llvm::ArrayRef<mlir::Operation *> between;
};

/// Every launch keeps the place at which it began, or gets that of another one, so several may have
/// one place. A value is held from the place of its op to that of its last reader, an output to the
/// end; a fill begins at its first reader. Inputs and constants do not count.
class PeakBudget {
public:
  static constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

  PeakBudget(trace::FuncOp program, Views &views, std::int64_t limit);

  /// 0, and the merge counts as made; or the bytes above the limit that it would take, and nothing
  /// has changed. What makes the peak no higher than it is always goes.
  std::int64_t try_merge(const Merge &merge);
  std::int64_t peak() const { return held.peak(); }

private:
  struct Life {
    unsigned first, last;
    std::int64_t bytes;
  };
  struct Change {
    mlir::Value old, now; ///< `now` is null if the value goes away
    Life before, after;
  };
  Life life(mlir::Value value,
            llvm::function_ref<std::optional<unsigned>(mlir::Operation *)> place);
  std::vector<Change> changes_of(const Merge &merge, unsigned place);
  void apply(const Change &change, bool back);

  Views &views;
  std::int64_t limit;
  HeldBytes held;
  unsigned end;
  llvm::DenseMap<mlir::Operation *, unsigned> places;
  llvm::DenseMap<mlir::Value, Life> lives;
};

} // namespace jit
