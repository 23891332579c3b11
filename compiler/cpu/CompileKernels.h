// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the kernels of a plan to code: what the cache lacks goes through LLVM, several at a time.
#pragma once

#include "compiler/cpu/Backend.h"
#include "runtime/program/KernelCache.h"

namespace jit::cpu {

class KernelCompiler {
public:
  /// A module is full with so many kernels or IR instructions: one costs too much for a single
  /// small kernel, and nothing else can happen before it is done.
  static constexpr std::size_t most_kernels = 8;
  static constexpr std::size_t most_instructions = 1000;

  /// With `verify`, the IR is checked by LLVM's verifier and by ours.
  KernelCompiler(Engine &engine, KernelCache &cache, bool verify)
      : engine(engine), cache(cache), verify(verify) {}

  /// Finds or makes the code of every kernel that the plan names, for the target, which has the
  /// engine's ISA. An empty message, or why not.
  std::string run(const Planned &planned, const CompileOptions &options, PlanKernels &table);
  /// How many kernels of the last run were not in the cache.
  std::uint32_t compiled() const { return made; }

private:
  struct Missing {
    std::string key;
    LoweredKernel lowered;
    std::vector<std::string> names; ///< kernels of the plan that this is
  };
  std::string compile(llvm::Module &module, std::vector<Missing> &batch, PlanKernels &table);

  Engine &engine;
  KernelCache &cache;
  bool verify;
  std::uint32_t made = 0;
};

/// All kernels that the plan names in one module, to be looked at.
std::string lower_all(const Planned &planned, const CompileOptions &options, llvm::Module &module);

} // namespace jit::cpu
