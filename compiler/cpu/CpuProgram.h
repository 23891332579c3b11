// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CpuProgram: runs the steps of a plan with their compiled kernels.
#pragma once

#include "compiler/Plan.h"
#include "compiler/cpu/Engine.h"
#include "runtime/jit/Program.h"
#include "runtime/kernels/contract/Contract.h"

#include <map>
#include <memory>

namespace jit::cpu {

using KernelFunction = void(std::byte *const *buffers, const std::uint64_t *scalars,
                            std::int64_t begin, std::int64_t end, std::byte *scratch);

/// A compiled kernel and how its units are shared among threads. Units are independent, so no
/// number here can change a bit.
struct CompiledKernel {
  KernelFunction *function = nullptr;
  std::int64_t units = 1;
  std::int64_t grain = 1;        ///< units of a chunk
  std::size_t scratch_bytes = 0; ///< of a chunk, a multiple of 64
  /// Runs instead of `function` when an output lies where an input does, if there is one.
  bool may_update = false;
  KernelFunction *update = nullptr;
  /// Runs first, on the scratch of the one chunk: partial results of long rows.
  KernelFunction *parts = nullptr;
  std::int64_t part_units = 0, part_grain = 1;
  std::int64_t chunks() const {
    return units <= grain ? units > 0 : (units + grain - 1) / grain; // a division is slow
  }
};

class CpuProgram final : public Program {
public:
  /// Takes over the plan; `kernels` holds every kernel that it names.
  CpuProgram(Plan plan, std::map<std::string, CompiledKernel> kernels, std::unique_ptr<Code> code,
             Isa isa, double compile_ms);

  void run(const ProgramCall &call) const noexcept override;

private:
  /// Addresses and numbers of one run.
  struct Run;

  void run_step(const KernelStep &step, const CompiledKernel &kernel, Run &run) const noexcept;
  void run_step(const ContractStep &step, const CompiledKernel *epilogue, Run &run) const noexcept;
  void run_step(const LibraryStep &step, Run &run) const noexcept;
  ContractArgs contract_args(const ContractStep &step) const noexcept;
  Parallel parallel_of(const ContractStep &step) const noexcept;
  std::size_t step_bytes(const Step &step) const;
  std::size_t library_scratch(const LibraryStep &step) const;

  Plan plan;
  std::vector<const CompiledKernel *> step_kernels; ///< of each step, or null
  std::map<std::string, CompiledKernel> kernels;
  std::unique_ptr<Code> code;
  Isa isa;
  std::int64_t workers = 1;                      ///< threads that scratch is planned for
  std::size_t cells_offset = 0, work_offset = 0; ///< in the arena
  struct Release {
    void operator()(std::byte *p) const noexcept;
  };
  std::vector<std::unique_ptr<std::byte, Release>> constants;
};

} // namespace jit::cpu
