// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where the values of a program lie: views resolved to the tensor whose storage they share.
#pragma once

#include "dialects/trace/TraceDialect.h"

#include <llvm/ADT/DenseMap.h>

namespace jit {

/// A start of a view that is known only at run time: number `slot` times `stride` elements.
struct ViewTerm {
  std::uint32_t slot;
  std::int64_t stride;
};

struct View {
  mlir::Value root;    ///< an argument, or the result of an op that is not a view
  const Meta *meta;    ///< extents and strides as seen through the views
  std::int64_t offset; ///< elements from element [0, ..., 0] of the root
  llvm::SmallVector<ViewTerm, 1> terms;
};

/// Computed on demand by the shape rules of the views; valid while no view changes.
class Views {
public:
  const View &of(mlir::Value value);
  /// Forgets what is known of the value and of the views on it: it is about to be replaced.
  void forget(mlir::Value value);

private:
  View compute(mlir::Value value);
  llvm::DenseMap<mlir::Value, std::unique_ptr<View>> known;
};

/// Whether the op only renames storage: a view whose result the strides allow.
bool is_view(mlir::Operation *op, Views &views);

} // namespace jit
