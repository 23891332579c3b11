// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The back half of the pipeline: kernels of a plan to LLVM IR.
#pragma once

#include "compiler/Pipeline.h"
#include "compiler/cpu/Engine.h"
#include "compiler/cpu/Schedule.h"
#include "dialects/kernel/KernelDialect.h"
#include "runtime/program/CompiledKernel.h"

namespace jit::cpu {

/// A kernel that a plan names, and what its step says about the code wanted.
struct KernelRequest {
  kernel::FuncOp function;
  KernelUse use;
  bool may_update = false; ///< streams, but the caller may give an output the memory of an input
  ScheduleChanges changes;

  std::string name() const { return kernel::FuncOp(function).getSymName().str(); }
  /// Everything that decides about the code: requests with equal keys get the same. Empty: the
  /// kernel breaks a rule of its dialect.
  std::string key(Isa isa) const;
};
/// All kernels that the plan names, in its order. An empty message, or why not.
std::string find_kernels(const Planned &planned, const CompileOptions &options,
                         std::vector<KernelRequest> &requests);

/// A kernel in LLVM IR: how it is to be run, and the functions of its module by name.
struct LoweredKernel {
  CompiledKernel kernel;               ///< without addresses
  std::string function, update, parts; ///< empty: there is none
  bool calls_outside = false;          ///< scalar::outside_table has to be there

  /// Those there are, and the kernel with their addresses, given in the same order.
  std::vector<std::string> symbols() const;
  CompiledKernel with_addresses(const CodeMapping &mapping, std::size_t blob) const;
};
/// Adds the functions of a kernel to the module. An empty message, or why not.
std::string lower_kernel(const KernelRequest &request, const Target &target, llvm::Module &module,
                         LoweredKernel &lowered);

/// How the kernels of a plan become loops, a line each. An empty message, or why not.
std::string show_schedules(const Planned &planned, const CompileOptions &options,
                           std::string &text);

/// What is wrong with a module by LLVM's verifier or by our rules: no fast-math flag, nsw, nuw or
/// fmuladd. Empty: nothing.
std::string check_module(const llvm::Module &module);

} // namespace jit::cpu
