// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the kernels that a plan names, lowers them and checks the result.
#include "compiler/cpu/Backend.h"

#include "compiler/cpu/Lowering.h"
#include "compiler/cpu/ReadKernel.h"
#include "runtime/base/SeededBugs.h"
#include "runtime/kernels/Parallel.h"

#include <llvm/ADT/StringSet.h>
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
Traffic traffic_of(const KernelStep &step, const CacheSizes &caches) {
  if (bytes_touched(step) * 4 <= caches.l3 * 3)
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

} // namespace

std::string KernelRequest::key(Isa isa) const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  mlir::Operation *op = function;
  op->print(stream, mlir::OpPrintingFlags().useLocalScope());
  // The name is the only part that does not matter.
  const std::size_t name = text.find('@');
  text.erase(name, text.find_first_of(" (", name) - name);
  stream << "isa " << static_cast<int>(isa) << " traffic " << static_cast<int>(traffic)
         << " update " << may_update << " epilogue " << epilogue << " whole rows " << whole_rows;
  if (planted(SeededBug::chunk_by_threads))
    stream << " threads " << threads_now();
  return text;
}

std::string find_kernels(const Planned &planned, const Target &target,
                         std::vector<KernelRequest> &requests) {
  mlir::SymbolTable kernels(*planned.module);
  llvm::StringSet<> known;
  for (const Step &step : planned.plan.steps) {
    const auto *plain = std::get_if<KernelStep>(&step.what);
    const auto *contract = std::get_if<ContractStep>(&step.what);
    const std::string *name = plain ? &plain->kernel : contract ? &contract->epilogue : nullptr;
    if (!name || name->empty() || !known.insert(*name).second)
      continue;
    KernelRequest request{kernels.lookup<kernel::FuncOp>(*name), !plain,
                          contract && contract->whole_rows};
    if (!request.function)
      return "no kernel named " + *name;
    if (plain)
      request.traffic = traffic_of(*plain, target.caches);
    request.may_update = request.traffic == Traffic::stream && may_update(*plain, planned.plan);
    requests.push_back(request);
  }
  return "";
}

std::vector<std::string> LoweredKernel::symbols() const {
  std::vector<std::string> result;
  for (const std::string *symbol : {&function, &update, &parts})
    if (!symbol->empty())
      result.push_back(*symbol);
  return result;
}

CompiledKernel LoweredKernel::with_addresses(const CodeMapping &mapping, std::size_t blob) const {
  CompiledKernel result = kernel;
  std::size_t entry = 0;
  const auto address = [&](const std::string &symbol) {
    return symbol.empty() ? nullptr
                          : reinterpret_cast<KernelFunction *>(mapping.function(blob, entry++));
  };
  result.function = address(function);
  result.update = address(update);
  result.parts = address(parts);
  return result;
}

std::string lower_kernel(const KernelRequest &request, Isa isa, llvm::Module &module,
                         LoweredKernel &lowered) {
  Nest nest;
  // Of whole rows the columns are no axis of their own.
  const kernel::SpaceAttr space = kernel::FuncOp(request.function).getSpace();
  const std::int64_t columns = request.whole_rows ? space.extent(space.size() - 1) : 0;
  if (std::string failure =
          read_kernel(request.function, request.epilogue && !request.whole_rows, nest);
      !failure.empty())
    return request.name() + ": " + failure;
  Form form = choose_form(nest, isa, request.epilogue, columns);
  form.traffic = request.traffic;
  CompiledKernel &kernel = lowered.kernel;
  std::string failure;
  const auto emit = [&](Lowering::Stage stage) {
    Lowering lowering(nest, form, isa, module, stage);
    const std::string message = lowering.run();
    if (failure.empty() && !message.empty())
      failure = nest.name + ": " + message;
    kernel.scratch_bytes = lowering.scratch_bytes();
    return lowering.symbol();
  };
  const bool in_parts = form.parts > 0;
  const auto main_stage = in_parts ? Lowering::Stage::rest : Lowering::Stage::whole;
  lowered.function = emit(main_stage);
  if (request.may_update) {
    form.traffic = Traffic::update;
    lowered.update = emit(main_stage);
    form.traffic = request.traffic;
  }
  kernel.units = form.units;
  kernel.grain = choose_grain(nest, form, kernel.scratch_bytes);
  if (in_parts) {
    const std::size_t scratch = kernel.scratch_bytes;
    lowered.parts = emit(Lowering::Stage::parts);
    kernel.scratch_bytes = std::max(scratch, kernel.scratch_bytes);
    kernel.part_units = form.units * form.parts;
    const std::int64_t points = form.kind == Form::outer ? outer_block * form.lanes : inner_chunk;
    kernel.part_grain = units_per_range(points * std::max(1u, form.cost / 8));
  }
  return failure;
}

/// An instruction that breaks our rules, or an empty message.
static std::string check_rules(const llvm::Module &module) {
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

std::string check_module(const llvm::Module &module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (llvm::verifyModule(module, &stream))
    return "wrong LLVM IR: " + text;
  return check_rules(module);
}

} // namespace jit::cpu
