// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PlannedProgram: runs the steps of a plan with their compiled kernels.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/kernels/Isa.h"
#include "runtime/kernels/contract/Contract.h"
#include "runtime/program/Plan.h"
#include "runtime/program/Program.h"
#include "runtime/program/StepGroups.h"

#include <memory>

namespace jit {

class TRACEJIT_PRIVATE PlannedProgram final : public Program {
public:
  /// Takes over the plan; `kernels` holds every kernel that it names, `compiled` of them new. It
  /// was made in so long, or read from a file if `stored`.
  PlannedProgram(Plan plan, PlanKernels kernels, Isa isa, std::uint32_t compiled, double compile_ms,
                 bool stored = false);

  bool run(const ProgramCall &call) const noexcept override;

  /// As it was given, for files.
  Plan copy_of_plan() const;
  const PlanKernels &code() const noexcept { return kernels; }

private:
  /// Addresses and numbers of one run.
  struct Run;

  void run_step(std::size_t number, Run &run) const noexcept;
  void run_group(const StepGroup &group, const Run &run) const noexcept;
  void run_step(const KernelStep &step, const CompiledKernel &kernel, Run &run) const noexcept;
  void run_step(const ContractStep &step, const CompiledKernel *epilogue, Storage *weights,
                Run &run) const noexcept;
  void run_step(const LibraryStep &step, Run &run) const noexcept;
  ContractArgs contract_args(const ContractStep &step) const noexcept;
  Parallel parallel_of(const ContractStep &step) const noexcept;
  std::size_t step_bytes(const Step &step) const;
  std::size_t plan_groups();
  void find_weights();
  std::size_t library_scratch(const LibraryStep &step) const;

  Plan plan;
  std::vector<const CompiledKernel *> step_kernels; ///< of each step, or null
  std::vector<std::int32_t> step_weights;           ///< of each step, in `weights`, or -1
  std::vector<StepGroup> groups;
  std::vector<std::size_t> step_work; ///< of each step of a group: where its memory begins
  PlanKernels kernels;
  Isa isa;
  std::int64_t workers = 1;                      ///< threads that scratch is planned for
  std::size_t cells_offset = 0, work_offset = 0; ///< in the arena
  struct Release {
    void operator()(std::byte *p) const noexcept;
  };
  struct Constant {
    std::unique_ptr<std::byte, Release> memory;
    std::size_t bytes;
  };
  std::vector<Constant> constants;
};

} // namespace jit
