// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cpu/CompileKernels.h"
#include "runtime/base/SafePoint.h"

namespace jit::cpu {

std::string KernelCompiler::compile(llvm::Module &module, std::vector<Missing> &batch,
                                    PlanKernels &table) {
  if (std::string failure = verify ? check_module(module) : ""; !failure.empty())
    return failure;
  std::vector<std::vector<std::string>> symbols;
  for (const Missing &each : batch)
    symbols.push_back(each.lowered.symbols());
  std::vector<KernelBlob> blobs;
  std::string failure = engine.compile(module, symbols, blobs);
  if (!failure.empty())
    return failure;
  const std::shared_ptr<const CodeMapping> mapping = CodeMapping::create(blobs, failure);
  if (!mapping)
    return failure;
  for (std::size_t k = 0; k < batch.size(); ++k) {
    const auto code = std::make_shared<const KernelCode>(
        KernelCode{std::move(batch[k].key), batch[k].lowered.with_addresses(*mapping, k), mapping,
                   blobs[k].bytes.size(), k});
    for (const std::string &name : batch[k].names)
      table[name] = code;
    cache.add(code);
    ++made;
  }
  batch.clear();
  return "";
}

std::string KernelCompiler::run(const Planned &planned, const CompileOptions &options,
                                PlanKernels &table) {
  std::vector<KernelRequest> requests;
  if (std::string failure = find_kernels(planned, options, requests); !failure.empty())
    return failure;
  made = 0;
  std::unique_ptr<llvm::Module> module;
  std::vector<Missing> batch;
  std::size_t instructions = 0;
  for (const KernelRequest &request : requests) {
    safe_point();
    std::string key = request.key(engine.isa());
    if (key.empty())
      return "kernel " + request.name() + " breaks a rule of its dialect";
    if (auto code = cache.find(key)) {
      table[request.name()] = std::move(code);
      continue;
    }
    const auto same = llvm::find_if(batch, [&](const Missing &each) { return each.key == key; });
    if (same != batch.end()) {
      same->names.push_back(request.name());
      continue;
    }
    if (batch.empty()) {
      module = engine.make_module("kernels");
      instructions = 0;
    }
    Missing &missing = batch.emplace_back(Missing{std::move(key), {}, {request.name()}});
    std::string failure = lower_kernel(request, options.target, *module, missing.lowered);
    for (const std::string &symbol : missing.lowered.symbols())
      instructions += module->getFunction(symbol)->getInstructionCount();
    if (failure.empty() && (batch.size() == most_kernels || instructions >= most_instructions))
      failure = compile(*module, batch, table);
    if (!failure.empty())
      return failure;
  }
  return batch.empty() ? "" : compile(*module, batch, table);
}

std::string lower_all(const Planned &planned, const CompileOptions &options, llvm::Module &module) {
  std::vector<KernelRequest> requests;
  std::string failure = find_kernels(planned, options, requests);
  for (const KernelRequest &request : requests) {
    LoweredKernel lowered;
    if (failure.empty())
      failure = lower_kernel(request, options.target, module, lowered);
  }
  return failure.empty() && options.verify ? check_module(module) : failure;
}

} // namespace jit::cpu
