// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// EntryBody: the steps of a plan as straight-line code, for one instruction set. It is the second
// machine that runs plans; the first one is PlannedProgram.
#pragma once

#include "compiler/cpu/Backend.h"
#include "compiler/cpu/EntryParts.h"
#include "runtime/trace/Graph.h"

#include <map>
#include <optional>

namespace jit::cpu {

/// Where an input of the graph comes from: the caller's list, or a constant of the file.
struct EntryInput {
  llvm::Constant *constant = nullptr; ///< element [0, ..., 0]
  std::uint32_t slot = 0;
  std::uint64_t offset = 0; ///< bytes from there to element [0, ..., 0]
};

/// A plan and its kernels, lowered into the module for one instruction set.
struct LoweredPlan {
  const Plan *plan = nullptr;
  const Graph *graph = nullptr;
  const std::vector<EntryInput> *inputs = nullptr;
  /// Outputs that may lie where an input does.
  const std::map<std::uint32_t, std::uint32_t> *donated = nullptr;
  Isa isa = Isa::v3;
  std::map<std::string, LoweredKernel> kernels; ///< by the names in the plan
};

/// What the functions of a body have as arguments, in this order.
struct BodyArguments {
  llvm::Value *inputs, *outputs, *numbers, *workspace, *parallel, *pool, *workers;
};

class EntryBody {
public:
  EntryBody(EntryParts &parts, const LoweredPlan &lowered, const llvm::Twine &name);
  /// void run(inputs, outputs, numbers, workspace, parallel, pool, workers). An empty message, or
  /// why the plan cannot leave the process.
  std::string emit_run();
  /// uint64 workspace(workers): bytes.
  void emit_workspace();

  llvm::Function *run = nullptr, *workspace = nullptr;
  /// Bytes of workspace, if that does not depend on libtracejit-rt.
  std::optional<std::uint64_t> fixed_workspace() const;

private:
  const LoweredKernel &kernel_of(const std::string &name) const {
    return lowered.kernels.find(name)->second;
  }
  llvm::Value *address(const Buffer &buffer);
  llvm::Value *base(const Buffer &buffer);
  llvm::Value *number_as_int(std::uint32_t slot);
  llvm::Value *number_as(std::uint32_t slot, DType dtype);
  llvm::Value *addresses(const std::vector<Buffer> &buffers, const LoweredKernel &kernel);
  llvm::Value *numbers(const std::vector<std::uint32_t> &cells);
  llvm::Value *stack(llvm::Type *element, std::size_t count, const char *name);
  llvm::Value *is_apart(const KernelStep &step, std::size_t output, llvm::Value *list);
  llvm::Value *choose(const KernelStep &step, const LoweredKernel &kernel, llvm::Value *list);
  void step(const KernelStep &step);
  void step(const ContractStep &step);
  std::string step(const LibraryStep &step);
  void pieces(llvm::Value *function, llvm::Function *thunk, std::int64_t count,
              llvm::Value *buffers, llvm::Value *cells);
  llvm::Function *thunk(std::int64_t units, std::int64_t grain, std::size_t scratch_bytes);
  llvm::Function *epilogue(const ContractStep &step);
  llvm::Value *call_scratch(const Step &step, llvm::IRBuilder<> &b, llvm::Value *workers);
  std::uint64_t fixed_scratch(const Step &step) const;
  bool asks_rt(const Step &step) const { return !std::holds_alternative<KernelStep>(step.what); }
  std::uint64_t work_offset() const;

  EntryParts &parts;
  const LoweredPlan &lowered;
  const Plan &plan;
  std::string name;
  llvm::IRBuilder<> b;
  BodyArguments given{};
  llvm::Value *cells = nullptr, *work = nullptr, *serial = nullptr;
  std::vector<llvm::GlobalVariable *> constants;
  std::map<std::string, llvm::Value *> stacks;
};

} // namespace jit::cpu
