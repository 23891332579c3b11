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
/// With `turn`, what kernels would read down its columns is copied first, by ops that stay with the
/// library. Whether one was.
bool lift(trace::FuncOp program, bool turn = true);
// On launches.
void fuse(trace::FuncOp program);
/// What fusion took: per op it must not grow with the program.
struct FusionWork {
  std::uint64_t edges = 0;        ///< pairs of launches put in line, again too
  std::uint64_t attempts = 0;     ///< pairs looked at
  std::uint64_t built = 0;        ///< merged kernels written, some in vain
  std::uint64_t search_steps = 0; ///< ops visited in search of a cycle
};
/// The same, but merges that would make the program hold more at once stay away: temporaries and
/// outputs, at the worst moment.
FusionWork fuse_within(trace::FuncOp program, std::int64_t peak_bytes);
/// Joins of parts that are only copied become ops of the library again.
void dissolve_joins(trace::FuncOp program);
/// What follows a product becomes an epilogue (KernelOps.td, launch).
void cut(trace::FuncOp program);
// On kernels.
void merge_axes(trace::FuncOp program);
void keep(trace::FuncOp program);

#define GEN_PASS_DECL
#include "passes/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "passes/Passes.h.inc"

} // namespace jit
