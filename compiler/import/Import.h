// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Import: a recorded path as a module of dialect `trace`.
#pragma once

#include "runtime/trace/Graph.h"

#include <mlir/IR/BuiltinOps.h>
#include <mlir/IR/OwningOpRef.h>

namespace jit {

/// One trace.func. All conversions are explicit, numbers are trace.scalar, an op's location is the
/// user's line and its attribute `op` the graph op number.
mlir::OwningOpRef<mlir::ModuleOp> import_graph(mlir::MLIRContext *context, const Graph &graph);

} // namespace jit
