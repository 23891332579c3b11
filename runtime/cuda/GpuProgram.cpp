// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/GpuProgram.h"

#include "runtime/base/OutOfMemory.h"
#include "runtime/cuda/Contraction.h"
#include "runtime/cuda/Gpu.h"
#include "runtime/cuda/GraphTier.h"
#include "runtime/cuda/OnHost.h"
#include "runtime/cuda/Scratch.h"
#include "runtime/program/Addresses.h"
#include "runtime/program/Cells.h"
#include "runtime/program/Products.h"

#include <algorithm>
#include <array>
#include <span>

namespace jit::gpu {
namespace {

/// Where the buffers of a step lie in one run.
struct Run {
  const ProgramCall &call;
  const std::vector<std::byte *> &constants;
  LaunchList *list; ///< takes the launches, if it is not null

  std::byte *address(const Buffer &buffer) const noexcept {
    return address_of(buffer, call, [this](std::uint32_t n) { return constants[n]; });
  }
};

class GpuProgram final : public Program {
public:
  GpuProgram(Gpu &gpu, const GpuCode &code) : gpu(gpu), plan(code.plan) {
    details.arena_bytes = plan.arena_bytes;
    details.code_bytes = code.image.size();
    details.compile_ms = code.compile_ms;
    details.kernels_compiled = code.compiled;
    details.kernels_before = plan.kernels_before;
    details.kernels_after = static_cast<std::uint32_t>(plan.steps.size());
    details.donated_input = plan.donated_input;
    details.refusals = std::move(plan.refusals);
    details.stored = code.stored;
  }
  ~GpuProgram() override {
    tier.reset(); // while its kernels are there
    for (Storage *constant : constant_storages)
      release(constant);
    if (module)
      gpu.unload(module);
  }

  /// Empty: everything is on the device.
  std::string load(const GpuCode &code);
  bool run(const ProgramCall &call) const noexcept override;

private:
  struct LoadedKernel {
    KernelFunction function, unaligned;
    std::uint64_t units = 0;
    enum Kind : std::uint8_t { plain, product, joining } kind = plain; ///< product_kernel() ...
  };

  std::string load_constants();
  std::string load_kernel(const std::string &name, const GpuKernel &kernel);
  std::unique_ptr<GraphTier> make_tier() const;
  bool run_steps(const Run &run) const noexcept;
  bool launch(const LoadedKernel &kernel, std::span<const std::uint64_t> in_front,
              const std::vector<Buffer> &buffers, const std::vector<std::uint32_t> &cells,
              const Run &run) const noexcept;
  bool run_step(const KernelStep &step, const LoadedKernel *kernel, const Run &run) const noexcept;
  bool run_step(const ContractStep &step, const LoadedKernel *epilogue,
                const Run &run) const noexcept;
  bool run_step(const LibraryStep &step, const LoadedKernel *, const Run &run) const noexcept;

  Gpu &gpu;
  Plan plan;
  Module module = nullptr;
  std::map<std::string, LoadedKernel> kernels;
  std::vector<const LoadedKernel *> step_kernels; ///< by step, null: it has none
  std::vector<Storage *> constant_storages;
  std::vector<std::byte *> constants;
  std::unique_ptr<GraphTier> tier; ///< null: steps are more than launches, or few
};

std::string GpuProgram::load_constants() {
  for (const std::vector<std::byte> &constant : plan.constants) {
    Storage *storage = gpu.new_storage(constant.size());
    if (!storage)
      return "no memory for its constants on the device";
    constant_storages.push_back(storage);
    constants.push_back(storage->data);
    if (!constant.empty() && !gpu.upload(storage->data, constant.data(), constant.size()))
      return "its constants cannot be copied to the device";
  }
  plan.constants.clear();
  return "";
}

std::string GpuProgram::load_kernel(const std::string &name, const GpuKernel &kernel) {
  LoadedKernel &loaded = kernels[name];
  loaded.units = kernel.units;
  for (const auto &[from, to] : {std::pair(&kernel.function, &loaded.function),
                                 std::pair(&kernel.unaligned, &loaded.unaligned)}) {
    if (from->empty())
      continue;
    *to = gpu.find_function(module, *from, kernel.threads, kernel.shared_bytes);
    if (!to->handle)
      return "kernel " + *from + " is not in its module";
  }
  return "";
}

std::string GpuProgram::load(const GpuCode &code) {
  constant_storages.reserve(plan.constants.size());
  if (std::string failure = load_constants(); !failure.empty())
    return failure;
  if (!code.image.empty()) {
    std::string failure;
    module = gpu.load_module(code.image.data(), failure);
    if (!module)
      return failure;
  }
  for (const auto &[name, kernel] : code.kernels)
    if (std::string failure = load_kernel(name, kernel); !failure.empty())
      return failure;
  for (std::size_t k = 0; k < plan.steps.size(); ++k) {
    const auto *plain = std::get_if<KernelStep>(&plan.steps[k].what);
    const auto *contract = std::get_if<ContractStep>(&plan.steps[k].what);
    const auto own = [&](const std::string &kernel, LoadedKernel::Kind kind) {
      const auto found = contract ? kernels.find(kernel) : kernels.end();
      if (found == kernels.end())
        return false;
      found->second.kind = kind;
      step_kernels.push_back(&found->second);
      return true;
    };
    if (own(product_kernel(k), LoadedKernel::product))
      continue;
    if (contract) // not in the user's first call
      load_product(gpu, shape_of(*contract));
    if (own(joining_kernel(k), LoadedKernel::joining))
      continue;
    const std::string name = plain ? plain->kernel : contract ? contract->epilogue : "";
    step_kernels.push_back(name.empty() ? nullptr : &kernels.at(name));
  }
  tier = make_tier();
  return "";
}

std::unique_ptr<GraphTier> GpuProgram::make_tier() const {
  std::size_t words = 0;
  for (std::size_t k = 0; k < plan.steps.size(); ++k) {
    const auto *plain = std::get_if<KernelStep>(&plan.steps[k].what);
    const auto *contract = std::get_if<ContractStep>(&plan.steps[k].what);
    // Others take scratch memory, which is given back before a graph is launched.
    const bool is_launch =
        plain || (contract && step_kernels[k] && step_kernels[k]->kind == LoadedKernel::product);
    if (!is_launch)
      return nullptr;
    words += plain ? plain->buffers.size() + plain->cells.size()
                   : 2 + contract->epilogue_buffers.size() + contract->epilogue_cells.size();
  }
  if (plan.steps.size() < GraphTier::least_launches)
    return nullptr;
  return std::make_unique<GraphTier>(gpu, plan.steps.size(), words);
}

bool GpuProgram::launch(const LoadedKernel &kernel, std::span<const std::uint64_t> in_front,
                        const std::vector<Buffer> &buffers, const std::vector<std::uint32_t> &cells,
                        const Run &run) const noexcept {
  if (kernel.units == 0)
    return true;
  std::array<std::uint64_t, Gpu::max_argument_bytes / sizeof(std::uint64_t)> words;
  std::size_t count = 0;
  std::uintptr_t low_bits = 0;
  for (const std::uint64_t word : in_front)
    words[count++] = word;
  for (const Buffer &buffer : buffers) {
    words[count] = reinterpret_cast<std::uintptr_t>(run.address(buffer));
    low_bits |= words[count++] & 15;
  }
  for (const std::uint32_t cell : cells)
    words[count++] = cell_of(run.call.scalars[plan.cells[cell].slot], plan.cells[cell].dtype);
  const bool is_aligned = low_bits == 0 || !kernel.unaligned.handle;
  const KernelFunction &function = is_aligned ? kernel.function : kernel.unaligned;
  const std::span arguments(words.data(), count);
  if (!run.list)
    return gpu.launch(function, kernel.units, std::as_bytes(arguments));
  run.list->add(function, kernel.units, arguments);
  return true;
}

bool GpuProgram::run_step(const KernelStep &step, const LoadedKernel *kernel,
                          const Run &run) const noexcept {
  return launch(*kernel, {}, step.buffers, step.cells, run);
}

bool GpuProgram::run_step(const ContractStep &step, const LoadedKernel *epilogue,
                          const Run &run) const noexcept {
  const ProductPlaces places{run.address(step.a), run.address(step.b), run.address(step.c)};
  const auto launch_epilogue = [&](std::span<const std::uint64_t> in_front) {
    return launch(*epilogue, in_front, step.epilogue_buffers, step.epilogue_cells, run);
  };
  const auto word = [](const void *address) { return reinterpret_cast<std::uintptr_t>(address); };
  if (epilogue && epilogue->kind == LoadedKernel::product)
    return launch_epilogue(std::array<std::uint64_t, 2>{word(places.a), word(places.b)});
  ContractArgs args = shape_of(step);
  args.a = places.a;
  args.b = places.b;
  args.c = places.c;
  const bool joins = epilogue && epilogue->kind == LoadedKernel::joining;
  DeviceScratch scratch(gpu);
  ProductParts parts{places.c, 1};
  Launched launched = joins ? run_parts(gpu, args, scratch, parts) : run_product(gpu, args);
  if (launched == Launched::no_kernel) {
    parts = {places.c, 1};
    launched = contract_on_host(gpu, step, places) ? Launched::yes : Launched::refused;
  }
  if (launched != Launched::yes || !epilogue)
    return launched == Launched::yes;
  return joins ? launch_epilogue(std::array<std::uint64_t, 2>{word(parts.first), parts.count})
               : launch_epilogue({});
}

bool GpuProgram::run_step(const LibraryStep &step, const LoadedKernel *,
                          const Run &run) const noexcept {
  bool done = false;
  if_memory([&] {
    std::vector<KernelOperand> operands;
    for (const LibraryStep::Operand &operand : step.operands)
      if (operand.is_number)
        operands.push_back({nullptr, nullptr, run.call.scalars[operand.slot]});
      else
        operands.push_back({operand.buffer.meta, run.address(operand.buffer)});
    std::vector<KernelResult> results;
    for (const Buffer &result : step.results)
      results.push_back({result.meta, run.address(result)});
    done = gpu.run({step.op, step.attrs, operands, results});
  });
  return done;
}

bool GpuProgram::run(const ProgramCall &call) const noexcept {
  const auto fill = [&](LaunchList *list) { return run_steps({call, constants, list}); };
  return tier ? tier->run(fill) : fill(nullptr);
}

bool GpuProgram::run_steps(const Run &run) const noexcept {
  for (std::size_t k = 0; k < plan.steps.size(); ++k)
    if (!std::visit([&](const auto &step) { return run_step(step, step_kernels[k], run); },
                    plan.steps[k].what))
      return false;
  return true;
}

} // namespace

Result<std::unique_ptr<Program>> make_program(const GpuCode &code, DeviceNumber device) {
  auto &gpu = static_cast<Gpu &>(DeviceBackend::of(device));
  auto program = std::make_unique<GpuProgram>(gpu, code);
  if (std::string failure = program->load(code); !failure.empty())
    return Failure{std::move(failure)};
  return std::unique_ptr<Program>(std::move(program));
}

} // namespace jit::gpu
