// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The passes, each a plain function on one program. The pipeline calls them directly; trace-opt
// wraps them as MLIR passes. They expect verified IR and leave verified IR.
#pragma once

#include "dialects/kernel/KernelDialect.h"
#include "dialects/trace/TraceDialect.h"

#include <mlir/Pass/Pass.h>

namespace jit {

// On dialect trace.
void simplify(trace::FuncOp program);
void fold(trace::FuncOp program);
void cse(trace::FuncOp program);
void dce(trace::FuncOp program);
void layout(trace::FuncOp program);
void expand_rows(trace::FuncOp program);

// From trace to kernels: every op that can be one becomes a launch of its own kernel.
void lift(trace::FuncOp program);
// On launches.
void fuse(trace::FuncOp program);
// On kernels: merges axes, orders them, decides what is kept between passes.
void schedule(trace::FuncOp program);

#define GEN_PASS_DECL
#include "passes/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "passes/Passes.h.inc"

} // namespace jit
