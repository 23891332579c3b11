// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cuda/CompilePlan.h"

#include "compiler/cuda/text/Form.h"
#include "compiler/nest/ReadKernel.h"
#include "dialects/kernel/KernelDialect.h"
#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/SafePoint.h"
#include "runtime/cuda/Devices.h"

#include <mlir/IR/SymbolTable.h>

#include <chrono>
#include <set>

namespace jit::gpu {
namespace {

/// Names of the kernels that a plan's steps launch, in order, each once.
std::vector<std::string> kernels_of(const Plan &plan) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const Step &step : plan.steps) {
    const auto *plain = std::get_if<KernelStep>(&step.what);
    const auto *contract = std::get_if<ContractStep>(&step.what);
    const std::string name = plain ? plain->kernel : contract ? contract->epilogue : "";
    if (!name.empty() && seen.insert(name).second)
      names.push_back(name);
  }
  return names;
}

/// The kernel without its name, which is the only part that does not matter.
std::string content_of(kernel::FuncOp function) {
  std::string text;
  llvm::raw_string_ostream(text) << function;
  const std::size_t name = text.find('@');
  if (name != text.npos)
    text.erase(name, text.find_first_of(" (", name) - name);
  return text;
}

} // namespace

PlanText text_of(const Planned &planned, Prelude prelude) {
  PlanText result;
  ModuleText module;
  mlir::SymbolTable functions(*planned.module);
  std::map<std::string, std::string> known; ///< content, name of the first
  for (const std::string &name : kernels_of(planned.plan)) {
    safe_point();
    auto function = functions.lookup<kernel::FuncOp>(name);
    nest::Nest nest;
    result.failure = function ? read_kernel(function, nest) : "there is none";
    if (result.failure.empty()) {
      const auto [same, is_new] = known.try_emplace(content_of(function), name);
      if (!is_new) {
        result.kernels[name] = result.kernels[same->second];
        continue;
      }
      const AddedKernel added = add_kernel(module, nest);
      result.failure = added.kernel.failure;
      result.kernels[name] = {added.kernel.name, added.twin, added.kernel.units,
                              added.kernel.threads, added.kernel.shared_bytes};
      ++result.count;
    }
    if (!result.failure.empty()) {
      result.failure = "kernel " + name + ": " + result.failure;
      return result;
    }
  }
  if (result.count > 0)
    result.text = module.text(prelude);
  return result;
}

std::string PlanCompiler::open(DeviceNumber device) {
  if (nvrtc)
    return "";
  const int driver = device == on_cpu ? Nvrtc::any_driver : traits_of(device).driver_version;
  Result<Nvrtc> found = Nvrtc::open(options().nvrtc, driver);
  if (!found)
    return found.message();
  nvrtc = *std::move(found);
  log_line(LogComponent::compile, LogLevel::info, "GPU programs are compiled by " + nvrtc->path());
  return "";
}

std::string PlanCompiler::make_code(Planned planned, const GpuTarget &target, GpuCode &code) {
  PlanText text = text_of(planned, Prelude::nvrtc);
  if (!text.failure.empty())
    return text.failure;
  code.plan = std::move(planned.plan);
  code.kernels = std::move(text.kernels);
  code.compiled = text.count;
  if (!text.text.empty()) {
    if (std::string failure = open(target.device); !failure.empty())
      return failure;
    Result<std::vector<char>> image = nvrtc->compile(text.text, target.capability);
    if (!image)
      return image.message();
    code.image = std::move(*image);
  }
  return "";
}

void PlanCompiler::compile(Planned planned, const GpuTarget &target, double front_ms,
                           CompileResult &result) {
  const auto start = std::chrono::steady_clock::now();
  auto code = std::make_shared<GpuCode>();
  result.message = make_code(std::move(planned), target, *code);
  if (!result.message.empty())
    return;
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  code->compile_ms = front_ms + took.count();
  result.gpu = code;
  if (target.device == on_cpu)
    return;
  Result<std::unique_ptr<Program>> made = make_program(*code, target.device);
  if (made)
    result.program = std::move(*made);
  else
    result.message = made.message();
}

} // namespace jit::gpu
