// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cpu/Artefact.h"

#include "compiler/cpu/Entry.h"
#include "runtime/base/SafePoint.h"
#include "runtime/tensor/Impl.h"
#include "runtime/trace/Span.h"

#include <llvm/Object/ArchiveWriter.h>

#include <map>

namespace jit::cpu {
namespace {

/// Lowers the kernels of a plan for one instruction set. Equal ones become one.
std::string lower_plan(const Planned &planned, CompileOptions options, llvm::Module &module,
                       LoweredPlan &lowered) {
  options.target.isa = lowered.isa;
  std::vector<KernelRequest> requests;
  if (std::string failure = find_kernels(planned, options, requests); !failure.empty())
    return failure;
  std::map<std::string, LoweredKernel> by_key;
  for (KernelRequest &request : requests) {
    safe_point();
    // Whoever calls a compiled file may give outputs that are not aligned to lines.
    request.may_update = request.use.traffic == Traffic::stream;
    std::string key = request.key(lowered.isa);
    if (key.empty())
      return "kernel " + request.name() + " breaks a rule of its dialect";
    auto [known, fresh] = by_key.try_emplace(std::move(key));
    if (fresh)
      if (std::string failure = lower_kernel(request, options.target, module, known->second);
          !failure.empty())
        return failure;
    for (const std::string &symbol : known->second.symbols())
      module.getFunction(symbol)->setLinkage(llvm::GlobalValue::InternalLinkage);
    lowered.kernels[request.name()] = known->second;
  }
  return "";
}

/// A ready tensor as a constant of the file.
llvm::Constant *embed(const Impl &tensor, EntryParts &parts) {
  const Meta &meta = *tensor.meta;
  const auto bytes = static_cast<std::int64_t>(itemsize(meta.dtype));
  const Span span = span_of(meta);
  // Vectors may read, never write, up to a line behind the last element.
  std::vector<std::uint8_t> padded(static_cast<std::size_t>(span.elements * bytes) + 64);
  const std::byte *first = tensor.data() - span.origin * bytes;
  std::memcpy(padded.data(), first, padded.size() - 64);
  llvm::GlobalVariable *global = parts.bytes(padded, llvm::Align(64));
  llvm::Constant *offset =
      llvm::ConstantInt::get(parts.i64, static_cast<std::uint64_t>(span.origin * bytes));
  return llvm::ConstantExpr::getGetElementPtr(llvm::Type::getInt8Ty(parts.module.getContext()),
                                              global, offset);
}

/// Takes constants in, and asks of them what is asked of inputs.
std::string take_inputs(const ArtefactFunction &wanted, EntryParts &parts, EntryFunction &entry) {
  std::uint32_t slot = 0;
  const auto weights =
      static_cast<std::uint32_t>(wanted.graph->inputs.size() - wanted.constants.size());
  for (std::uint32_t k = 0; k < wanted.graph->inputs.size(); ++k) {
    const auto constant = wanted.constants.find(k);
    if (constant == wanted.constants.end()) {
      entry.inputs.push_back({nullptr, slot++, 0});
      continue;
    }
    const Impl &tensor = *constant->second;
    std::optional<IndexRange> &demand = entry.demands.inputs[k];
    if (!meets(demand, tensor))
      return "the constant " + describe(*tensor.meta) + " has indices that are out of range";
    demand.reset();
    const auto apart = wanted.weights.places.find(k);
    if (apart == wanted.weights.places.end()) {
      entry.inputs.push_back({embed(tensor, parts), 0, 0});
      continue;
    }
    const std::size_t origin =
        static_cast<std::size_t>(span_of(*tensor.meta).origin) * itemsize(tensor.meta->dtype);
    entry.inputs.push_back({nullptr, weights, apart->second + origin});
  }
  return "";
}

/// Whether the plan writes every donated output only when nobody reads the input any more.
std::string check_donations(const ArtefactFunction &wanted, const Plan &plan) {
  for (const auto &[output, input] : wanted.options.donated)
    if (plan.donated_input[output] != static_cast<std::int32_t>(input))
      return "output " + std::to_string(output) + " cannot lie where input " +
             std::to_string(input) +
             " does: it is of another size, no op computes it of that input place by place, or "
             "the input is still read behind that op";
  return "";
}

/// One trace for all instruction sets.
std::string add_function(const ArtefactFunction &wanted, std::span<const Isa> isas,
                         mlir::MLIRContext &context, EntryParts &parts) {
  EntryFunction entry{wanted.name,
                      wanted.info,
                      wanted.graph,
                      {},
                      demands_of(*wanted.graph),
                      wanted.weights,
                      wanted.options.donated,
                      {}};
  if (const auto op = find_unproven_index(*wanted.graph, entry.demands))
    return *op +
           ": its indices are computed, and may be out of range: a compiled file cannot check "
           "them; make them an input of the trace";
  if (std::string failure = take_inputs(wanted, parts, entry); !failure.empty())
    return failure;
  const Planned planned = run_front(context, *wanted.graph, wanted.options);
  if (!planned.message.empty())
    return planned.message;
  if (std::string failure = check_donations(wanted, planned.plan); !failure.empty())
    return failure;
  for (const Isa isa : isas) {
    LoweredPlan lowered{&planned.plan,           wanted.graph, &entry.inputs,
                        &wanted.options.donated, isa,          {}};
    if (std::string failure = lower_plan(planned, wanted.options, parts.module, lowered);
        !failure.empty())
      return failure;
    entry.plans.push_back(std::move(lowered));
  }
  return emit_entry(parts, entry);
}

std::string make_archive(const std::string &member, Artefact &artefact) {
  const llvm::StringRef object(artefact.object.data(), artefact.object.size());
  const llvm::NewArchiveMember only(llvm::MemoryBufferRef(object, member));
  auto archive = llvm::writeArchiveToBuffer(only, llvm::SymtabWritingMode::NormalSymtab,
                                            llvm::object::Archive::K_GNU, true, false);
  if (!archive)
    return llvm::toString(archive.takeError());
  artefact.archive.assign((*archive)->getBufferStart(), (*archive)->getBufferEnd());
  return "";
}

} // namespace

Artefact make_artefact(Engine &portable, mlir::MLIRContext &context,
                       std::span<const ArtefactFunction> functions, std::span<const Isa> isas) {
  Artefact result;
  const std::unique_ptr<llvm::Module> module = portable.make_module("tracejit");
  EntryParts parts(*module);
  for (const ArtefactFunction &function : functions)
    if (std::string failure = add_function(function, isas, context, parts); !failure.empty()) {
      result.message = function.name + ": " + failure;
      return result;
    }
  for (const llvm::Function &function : *module)
    result.needs_rt |= function.isDeclaration() && function.getName().starts_with("tj_rt1_");
  result.needs_rt |= module->getNamedGlobal("tj_rt1_outside") != nullptr;
  result.message = check_module(*module);
  if (result.message.empty())
    result.message = portable.object(*module, result.object);
  if (result.message.empty())
    result.message = make_archive(functions.front().name + ".o", result);
  return result;
}

} // namespace jit::cpu
