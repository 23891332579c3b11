// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The back half of the pipeline: kernels of a plan to LLVM IR to a program.
#pragma once

#include "compiler/Pipeline.h"
#include "compiler/cpu/CpuProgram.h"

namespace jit::cpu {

/// All kernels of a plan in one LLVM module.
struct LoweredKernels {
  std::unique_ptr<llvm::Module> module;
  std::map<std::string, CompiledKernel> kernels; ///< without addresses yet
};

/// Empty message on success. With `verify`, the IR is checked by LLVM's verifier and by ours.
std::string lower_kernels(Planned &planned, Engine &engine, bool verify, LoweredKernels &lowered);

/// Whether the IR keeps to our rules: no fast-math flag, nsw, nuw or fmuladd. Empty, or the
/// instruction that breaks them.
std::string check_rules(const llvm::Module &module);

} // namespace jit::cpu
