// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The last phase of the front half: a program of launches becomes a plan.
#pragma once

#include "compiler/Plan.h"
#include "passes/Passes.h"

namespace jit {

/// Steps in program order, buffers placed, epilogues of contractions cut out as kernels of their
/// own. Kernels that no step names any more are erased from the module.
Plan make_plan(trace::FuncOp program);

/// Whether output `output` of a kernel may be the memory of its input `input` (argument numbers):
/// the exception that KernelOps.td grants.
bool may_share(kernel::FuncOp function, unsigned input, unsigned output);

/// Whether the last op of an output has an element of the input as an operand: `w` in `w - step`.
bool is_update(kernel::FuncOp function, unsigned input, unsigned output);

/// Splits a kernel with a contraction: `step` tells shapes and strides, the function becomes the
/// epilogue (argument 0 = C) or, if there is none, stays as it is and is not needed any more.
struct ContractParts {
  ContractStep step;                            ///< shapes and strides, no buffers
  unsigned a, b;                                ///< argument numbers before the cut
  llvm::SmallVector<unsigned> in_place_outputs; ///< outputs (from 0) whose memory C may be
  bool has_epilogue = false;
  llvm::SmallVector<unsigned> kept; ///< arguments before the cut that follow C, in order
};
ContractParts split_contraction(kernel::FuncOp function);

} // namespace jit
