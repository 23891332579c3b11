// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the passes on kernels ask about one of them.
#pragma once

#include "dialects/kernel/KernelDialect.h"

#include <llvm/ADT/DenseMap.h>

namespace jit {

/// Pass number of every value and the number of loops over the row (KernelOps.td, PASSES).
struct RowPasses {
  llvm::DenseMap<mlir::Value, unsigned> of;
  unsigned loops = 1;
};
RowPasses number_row_passes(kernel::FuncOp function);

/// The pass in which an op reads its operands: a reduction reads one pass before its result.
unsigned reading_pass(mlir::Operation *op, const RowPasses &passes);

/// Values that must be held between passes: they range over rows, are needed in a later pass, and
/// cost more than 2 loads, 6 cheap ops or a transcendental to compute again.
llvm::SmallVector<mlir::Value> values_to_keep(kernel::FuncOp function);

/// Whether the neighbours axis and axis + 1 can be one axis: same kind, every access steps over
/// them as over one, and nobody asks for their index.
bool can_merge_axes(kernel::FuncOp function, unsigned axis);

/// Whether lowering knows how to walk the row axes: they can be merged into one, or have few points
/// and lanes can be rows.
bool rows_line_up(kernel::FuncOp function);

/// Estimated time of a run in ns: bytes at the bandwidth of the level that the biggest buffer lives
/// in, or arithmetic, plus the costs of a call.
double estimate_ns(kernel::FuncOp function);

} // namespace jit
