// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cuda/CompilePlan.h"

#include "compiler/cuda/text/Contract.h"
#include "compiler/cuda/text/ContractEpilogue.h"
#include "compiler/cuda/text/Form.h"
#include "compiler/nest/ReadKernel.h"
#include "dialects/kernel/KernelDialect.h"
#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/SafePoint.h"
#include "runtime/cuda/ContractChoice.h"
#include "runtime/cuda/Devices.h"
#include "runtime/program/Products.h"

#include <mlir/IR/SymbolTable.h>

#include <chrono>

namespace jit::gpu {
namespace {

/// The kernel without its name, which is the only part that does not matter.
std::string content_of(kernel::FuncOp function) {
  std::string text;
  llvm::raw_string_ostream(text) << function;
  const std::size_t name = text.find('@');
  if (name != text.npos)
    text.erase(name, text.find_first_of(" (", name) - name);
  return text;
}

/// Prints the kernels of one plan.
class PlanPrinter {
public:
  PlanPrinter(const Planned &planned, int multiprocessors)
      : plan(planned.plan), functions(*planned.module), multiprocessors(multiprocessors) {}

  PlanText run(Prelude prelude) {
    for (std::size_t step = 0; step < plan.steps.size() && result.failure.empty(); ++step) {
      safe_point();
      const auto *plain = std::get_if<KernelStep>(&plan.steps[step].what);
      const auto *contract = std::get_if<ContractStep>(&plan.steps[step].what);
      const std::string name = plain ? plain->kernel : contract ? contract->epilogue : "";
      if (name.empty() || (contract && add_product(step, *contract)))
        continue;
      if (!result.kernels.contains(name))
        add(name);
    }
    if (result.count > 0 && result.failure.empty())
      result.text = module.text(prelude);
    return std::move(result);
  }

private:
  /// Empty message: the nest of the function.
  std::string read(const std::string &name, nest::Nest &nest) {
    auto function = functions.lookup<kernel::FuncOp>(name);
    return function ? read_kernel(function, nest) : "there is none";
  }

  void add(const std::string &name) {
    nest::Nest nest;
    result.failure = read(name, nest);
    if (result.failure.empty()) {
      const auto [same, is_new] =
          known.try_emplace(content_of(functions.lookup<kernel::FuncOp>(name)), name);
      if (!is_new) {
        result.kernels[name] = result.kernels[same->second];
        return;
      }
      const AddedKernel added = add_kernel(module, nest);
      result.failure = added.kernel.failure;
      result.kernels[name] = {added.kernel.name, added.twin, added.kernel.units,
                              added.kernel.threads, added.kernel.shared_bytes};
      ++result.count;
    }
    if (!result.failure.empty())
      result.failure = "kernel " + name + ": " + result.failure;
  }

  /// A kernel for the step alone: of the product and its epilogue or, where the product is cut
  /// along k, of the epilogue, which joins its parts. False: of the epilogue as it is.
  bool add_product(std::size_t step, const ContractStep &contract) {
    const ContractArgs args = folded_batch(shape_of(contract));
    const ContractChoice choice = choose_contract(args, multiprocessors);
    const std::int64_t points = batch_size(args.batch) * args.m * args.n;
    nest::Nest nest;
    if (args.batch.rank > most_batch_axes || !read(contract.epilogue, nest).empty() ||
        !may_follow_contraction(nest, points))
      return false;
    const std::string name = std::to_string(step) + "_" + identifier(nest.name);
    return choice.parts > 1 ? add_joining(step, "join" + name, contract.dtype, nest, points)
                            : add_whole(step, "contract" + name, args, choice, nest);
  }

  bool add_whole(std::size_t step, const std::string &name, const ContractArgs &args,
                 const ContractChoice &choice, const nest::Nest &nest) {
    const ProductArgs constants = product_args(args, choice);
    const auto epilogue = [&](Lines &out) {
      return print_epilogue(module, out, nest, choice.tile, args.n);
    };
    if (!add_contract(module, {name, args.dtype, choice.tile, &constants, epilogue}).empty())
      return false;
    result.kernels[product_kernel(step)] = {name, "", constants.units, choice.tile.threads(),
                                            contract_shared_bytes(choice.tile, args.dtype)};
    ++result.count;
    return true;
  }

  bool add_joining(std::size_t step, const std::string &name, DType dtype, const nest::Nest &nest,
                   std::int64_t points) {
    if (!add_joined_epilogue(module, name, dtype, nest).empty())
      return false;
    const auto units = static_cast<std::uint64_t>(units_of(points, joined_points));
    result.kernels[joining_kernel(step)] = {name, "", units, joined_points, 0};
    ++result.count;
    return true;
  }

  const Plan &plan;
  mlir::SymbolTable functions;
  const int multiprocessors;
  ModuleText module;
  std::map<std::string, std::string> known; ///< content, name of the first
  PlanText result;
};

} // namespace

PlanText text_of(const Planned &planned, Prelude prelude, int multiprocessors) {
  return PlanPrinter(planned, multiprocessors).run(prelude);
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
  const int multiprocessors =
      target.device == on_cpu ? assumed_multiprocessors : traits_of(target.device).multiprocessors;
  PlanText text = text_of(planned, Prelude::nvrtc, multiprocessors);
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
