// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the kernels that a plan names, lowers them and checks the result.
#include "compiler/cpu/Backend.h"

#include "compiler/cpu/Lowering.h"
#include "compiler/nest/ReadKernel.h"
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
std::int64_t grain_with_scratch(const Schedule &schedule) {
  constexpr std::int64_t most_chunks = 16;
  return std::max(schedule.grain, (schedule.units + most_chunks - 1) / most_chunks);
}

/// Bytes that gathers take out of an argument, nothing if others read it.
std::optional<std::int64_t> bytes_gathered(mlir::BlockArgument argument, kernel::SpaceAttr space) {
  std::int64_t points = 0;
  for (mlir::Operation *user : argument.getUsers()) {
    auto gather = llvm::dyn_cast<kernel::GatherOp>(user);
    if (!gather)
      return std::nullopt;
    points += space.points(gather.getType().getAxes());
  }
  const auto element = llvm::cast<kernel::BufType>(argument.getType()).getElement();
  return points * static_cast<std::int64_t>(itemsize(kernel::dtype_of(element)));
}

/// Bytes of all tensors that the kernel reads or writes.
std::int64_t bytes_touched(const KernelStep &step, kernel::FuncOp function) {
  std::int64_t bytes = 0;
  for (std::size_t k = 0; k < step.buffers.size(); ++k) {
    const auto whole = static_cast<std::int64_t>(step.buffers[k].meta->bytes());
    const mlir::BlockArgument argument = function.block().getArgument(static_cast<unsigned>(k));
    bytes += std::min(whole, bytes_gathered(argument, function.getSpace()).value_or(whole));
  }
  return bytes;
}

/// Outputs go past the caches if they would not stay there anyway.
Traffic traffic_of(const KernelStep &step, kernel::FuncOp function, const CacheSizes &caches) {
  if (bytes_touched(step, function) * 4 <= caches.l3 * 3)
    return Traffic::near;
  std::set<std::tuple<Buffer::Base, std::uint32_t, std::size_t>> read;
  for (std::size_t k = 0; k < step.buffers.size(); ++k) {
    const Buffer &buffer = step.buffers[k];
    const auto place = std::tuple(buffer.base, buffer.index, buffer.arena_offset);
    if (k < step.inputs)
      read.insert(place);
    else if (read.contains(place))
      return Traffic::update;
  }
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
  if (name == text.npos) // the generic form, of what the verifier refuses
    return "";
  text.erase(name, text.find_first_of(" (", name) - name);
  stream << "isa " << static_cast<int>(isa) << " traffic " << static_cast<int>(use.traffic)
         << " update " << may_update << " epilogue " << use.epilogue << " whole rows "
         << use.whole_rows << " " << changes.text();
  if (planted(SeededBug::chunk_by_threads))
    stream << " threads " << threads_now();
  return text;
}

std::string find_kernels(const Planned &planned, const CompileOptions &options,
                         std::vector<KernelRequest> &requests) {
  mlir::SymbolTable kernels(*planned.module);
  llvm::StringSet<> known;
  for (const Step &step : planned.plan.steps) {
    const auto *plain = std::get_if<KernelStep>(&step.what);
    const auto *contract = std::get_if<ContractStep>(&step.what);
    const std::string *name = plain ? &plain->kernel : contract ? &contract->epilogue : nullptr;
    if (!name || name->empty() || !known.insert(*name).second)
      continue;
    KernelRequest request{kernels.lookup<kernel::FuncOp>(*name), {}, false, options.schedule};
    if (!request.function)
      return "no kernel named " + *name;
    request.use.epilogue = contract != nullptr;
    if (contract && contract->whole_rows)
      request.use.whole_rows = contract->n;
    if (plain)
      request.use.traffic = traffic_of(*plain, request.function, options.target.caches);
    request.may_update = request.use.traffic == Traffic::stream && may_update(*plain, planned.plan);
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

static std::string read_nest(const KernelRequest &request, Nest &nest) {
  const std::string failure = read_kernel(request.function, nest);
  return failure.empty() ? "" : request.name() + ": " + failure;
}

static KernelUse updating(KernelUse use) {
  use.traffic = Traffic::update;
  return use;
}

std::string show_schedules(const Planned &planned, const CompileOptions &options,
                           std::string &text) {
  std::vector<KernelRequest> requests;
  std::string failure = find_kernels(planned, options, requests);
  for (const KernelRequest &request : requests) {
    Nest nest;
    if (failure.empty())
      failure = read_nest(request, nest);
    if (!failure.empty())
      return failure;
    const auto show = [&](const char *how, const KernelUse &use) {
      text += "@" + request.name() + how + ": " +
              to_string(choose_schedule(nest, options.target, use, request.changes)) + "\n";
    };
    show("", request.use);
    if (request.may_update)
      show(" in place", updating(request.use));
  }
  return failure;
}

std::string lower_kernel(const KernelRequest &request, const Target &target, llvm::Module &module,
                         LoweredKernel &lowered) {
  Nest nest;
  std::string failure = read_nest(request, nest);
  if (!failure.empty())
    return failure;
  CompiledKernel &kernel = lowered.kernel;
  const auto emit = [&](const Schedule &schedule, Lowering::Stage stage) {
    Lowering lowering(nest, schedule, target.isa, module, stage);
    const std::string message = lowering.run();
    if (failure.empty() && !message.empty())
      failure = nest.name + ": " + message;
    kernel.scratch_bytes = std::max(kernel.scratch_bytes, lowering.scratch_bytes());
    lowered.calls_outside |= message.empty() && lowering.calls_outside();
    return lowering.symbol();
  };
  const Schedule schedule = choose_schedule(nest, target, request.use, request.changes);
  const bool in_parts = schedule.parts > 0;
  const auto main_stage = in_parts ? Lowering::Stage::rest : Lowering::Stage::whole;
  lowered.function = emit(schedule, main_stage);
  if (request.may_update) {
    const Schedule update = choose_schedule(nest, target, updating(request.use), request.changes);
    assert(update.units == schedule.units && update.parts == schedule.parts);
    lowered.update = emit(update, main_stage);
  }
  kernel.units = schedule.units;
  kernel.range = schedule.range;
  kernel.grain = kernel.scratch_bytes > 0 && !in_parts && schedule.grain < schedule.units
                     ? grain_with_scratch(schedule)
                     : schedule.grain;
  if (in_parts) {
    lowered.parts = emit(schedule, Lowering::Stage::parts);
    kernel.part_units = schedule.units * schedule.parts;
    kernel.part_grain = schedule.part_grain;
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
