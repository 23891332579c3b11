// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lowers every kernel that a plan names and checks the result.
#include "compiler/cpu/Backend.h"

#include "compiler/cpu/Lowering.h"
#include "compiler/cpu/ReadKernel.h"
#include "runtime/kernels/CacheSizes.h"
#include "runtime/kernels/Parallel.h"

#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Operator.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include <set>

namespace jit::cpu {
namespace {

/// Chunks that have scratch memory of their own are few.
constexpr std::int64_t most_scratch_chunks = 16;

std::int64_t choose_grain(const Nest &nest, const Form &form, std::size_t scratch) {
  std::int64_t points = form.block;
  if (form.kind == Form::outer)
    points *= nest.row_points();
  const std::int64_t work = points * std::max(1u, form.cost / 8);
  std::int64_t grain = units_per_range(work);
  if (form.units <= 2 * grain || form.parts > 0)
    return form.units;
  // What is asked for ahead of its use should not be another thread's.
  if (form.traffic != Traffic::near)
    grain = std::max(grain, std::min(8 * grain, form.units / 64));
  if (scratch > 0)
    grain = std::max(grain, (form.units + most_scratch_chunks - 1) / most_scratch_chunks);
  return grain;
}

/// Bytes of all tensors that the kernel reads or writes.
std::int64_t bytes_touched(const KernelStep &step) {
  std::int64_t bytes = 0;
  for (const Buffer &buffer : step.buffers)
    bytes += static_cast<std::int64_t>(buffer.meta->bytes());
  return bytes;
}

/// Outputs go past the caches if they would not stay there anyway.
Traffic traffic_of(const KernelStep &step) {
  if (bytes_touched(step) * 4 <= cache_sizes().l3 * 3)
    return Traffic::near;
  std::set<std::tuple<Buffer::Base, std::uint32_t, std::size_t>> places;
  for (const Buffer &buffer : step.buffers)
    if (!places.insert({buffer.base, buffer.index, buffer.arena_offset}).second)
      return Traffic::update;
  return Traffic::stream;
}

/// Whether the caller may give an output the memory of an input.
bool may_update(const KernelStep &step, const Plan &plan) {
  return std::any_of(step.buffers.begin(), step.buffers.end(), [&](const Buffer &buffer) {
    return buffer.base == Buffer::Base::output && plan.donated_input[buffer.index] >= 0;
  });
}

std::string lower(kernel::FuncOp function, const KernelStep *step, const Plan &plan, Isa isa,
                  LoweredKernels &lowered) {
  Nest nest;
  if (std::string failure = read_kernel(function, !step, nest); !failure.empty())
    return failure;
  Form form = choose_form(nest, isa, !step);
  form.traffic = step ? traffic_of(*step) : Traffic::near;
  CompiledKernel &kernel = lowered.kernels[nest.name];
  auto emit = [&](Lowering::Stage stage) {
    Lowering lowering(nest, form, isa, *lowered.module, stage);
    std::string failure = lowering.run();
    kernel.scratch_bytes = lowering.scratch_bytes();
    return failure;
  };
  if (form.parts > 0) {
    if (std::string failure = emit(Lowering::Stage::parts); !failure.empty())
      return failure;
    kernel.part_units = form.units * form.parts;
    std::int64_t points = form.kind == Form::outer ? outer_block * form.lanes : inner_chunk;
    kernel.part_grain = units_per_range(points * std::max(1u, form.cost / 8));
  }
  const auto rest = form.parts > 0 ? Lowering::Stage::rest : Lowering::Stage::whole;
  kernel.may_update = form.traffic == Traffic::stream && may_update(*step, plan);
  if (kernel.may_update) {
    form.traffic = Traffic::update;
    if (std::string failure = emit(rest); !failure.empty())
      return failure;
    lowered.module->getFunction(nest.name)->setName(nest.name + ".update");
    form.traffic = Traffic::stream;
  }
  if (std::string failure = emit(rest); !failure.empty())
    return failure;
  kernel.units = form.units;
  kernel.grain = choose_grain(nest, form, kernel.scratch_bytes);
  return "";
}

} // namespace

std::string check_rules(const llvm::Module &module) {
  for (const llvm::Function &function : module)
    for (const llvm::Instruction &i : llvm::instructions(function)) {
      bool breaks = false;
      if (llvm::isa<llvm::FPMathOperator>(i))
        breaks = i.getFastMathFlags().any();
      if (llvm::isa<llvm::OverflowingBinaryOperator>(i))
        breaks = i.hasNoSignedWrap() || i.hasNoUnsignedWrap();
      if (auto *call = llvm::dyn_cast<llvm::IntrinsicInst>(&i))
        breaks |= call->getIntrinsicID() == llvm::Intrinsic::fmuladd;
      if (!breaks)
        continue;
      std::string text;
      llvm::raw_string_ostream(text) << i;
      return "instruction against the rules:" + text;
    }
  return "";
}

std::string lower_kernels(Planned &planned, Engine &engine, bool verify, LoweredKernels &lowered) {
  lowered.module = engine.make_module("program");
  mlir::SymbolTable kernels(*planned.module);
  for (const Step &step : planned.plan.steps) {
    const auto *plain = std::get_if<KernelStep>(&step.what);
    const auto *contract = std::get_if<ContractStep>(&step.what);
    const std::string *name = plain ? &plain->kernel : contract ? &contract->epilogue : nullptr;
    if (!name || name->empty() || lowered.kernels.count(*name))
      continue;
    auto function = kernels.lookup<kernel::FuncOp>(*name);
    if (!function)
      return "no kernel named " + *name;
    std::string failure = lower(function, plain, planned.plan, engine.isa(), lowered);
    if (!failure.empty())
      return *name + ": " + failure;
  }
  if (!verify)
    return "";
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (llvm::verifyModule(*lowered.module, &stream))
    return "wrong LLVM IR: " + text;
  return check_rules(*lowered.module);
}

} // namespace jit::cpu
