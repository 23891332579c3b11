// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuLaunchKernel.
#include "test/cuda/fake/Launches.h"
#include "test/cuda/fake/Devices.h"

#include <cstring>

namespace jit::gpu::fake {
namespace {

/// The argument bytes of a launch. Null: they are not given as they must be.
const void *find_arguments(const KernelNodeParams &params, std::size_t kernel_bytes,
                           std::size_t &bytes) {
  if (params.arguments && params.extra)
    return nullptr;
  if (params.arguments) { // one pointer for each parameter, and kernels have one
    bytes = kernel_bytes;
    return kernel_bytes ? params.arguments[0] : nullptr;
  }
  const void *buffer = nullptr;
  bytes = 0;
  for (void **word = params.extra; word && *word != launch_end; word += 2) {
    if (*word == launch_buffer_pointer)
      buffer = word[1];
    else if (*word == launch_buffer_size)
      std::memcpy(&bytes, word[1], sizeof bytes);
    else
      return nullptr;
  }
  return buffer;
}

std::string text_of(const LaunchCopy &launch) {
  return std::string(launch.kernel->name) + " grid=" + std::to_string(launch.grid) +
         " threads=" + std::to_string(launch.threads) +
         " shared=" + std::to_string(launch.shared_bytes) +
         " bytes=" + std::to_string(launch.argument_bytes);
}

/// Why a launch is refused, and by which code.
struct Refusal {
  Status status = Status::success;
  const char *why = "";
};

Refusal judge(const KernelNodeParams &params, const FunctionObject &function) {
  for (const unsigned count : {params.grid_x, params.grid_y, params.grid_z, params.block_x,
                               params.block_y, params.block_z})
    if (!count)
      return {Status::invalid_value, "a size of the grid or block is 0"};
  if (params.grid_x > max_grid_x)
    return {Status::invalid_value, "the grid is too large"};
  if (params.grid_y != 1 || params.grid_z != 1 || params.block_y != 1 || params.block_z != 1)
    return {Status::invalid_value, "the grid or block has more than x"};
  if (params.block_x > max_threads)
    return {Status::invalid_value, "the block is too large"};
  if (params.block_x > function.kernel->threads)
    return {Status::launch_out_of_resources, "the block is larger than the kernel's bound"};
  if (params.shared_bytes > static_cast<unsigned>(function.max_dynamic_shared_bytes))
    return {Status::invalid_value, "more shared memory than the function has asked for"};
  return {};
}

Outcome run_launch(const emu::Launch &launch) {
  const emu::Problem problem = emu::run(launch);
  switch (problem.kind) {
  case emu::Problem::none:
    return {};
  case emu::Problem::illegal_address:
    return {Status::illegal_address, problem.text};
  case emu::Problem::misaligned:
    return {Status::misaligned_address, problem.text};
  case emu::Problem::divergence:
    break;
  }
  return {Status::launch_failed, problem.text};
}

/// The setting, or another kind for each launch.
emu::Order order_of(const Settings &settings, std::uint64_t launch) {
  const auto kind = settings.order.value_or(static_cast<emu::Order::Kind>(launch % 3));
  return {kind, settings.order_seed + launch};
}

} // namespace

Status copy_launch(World &world, const KernelNodeParams &params, LaunchCopy &copy) {
  if (!world.knows(params.function) || params.function->module->context != world.current())
    return Status::invalid_handle;
  const tj_emu_kernel &kernel = *params.function->kernel;
  Refusal refusal = judge(params, *params.function);
  std::size_t bytes = 0;
  const void *const arguments = find_arguments(params, kernel.argument_bytes, bytes);
  if (refusal.status == Status::success) {
    if (!arguments)
      refusal = {Status::invalid_value, "no arguments, or given twice"};
    else if (bytes > max_argument_bytes)
      refusal = {Status::invalid_value, "too many bytes of arguments"};
    else if (kernel.argument_bytes && bytes != kernel.argument_bytes)
      refusal = {Status::invalid_value, "not as many bytes of arguments as the kernel takes"};
  }
  if (refusal.status != Status::success) {
    log_line(std::string("launch refused: ") + kernel.name + ": " + refusal.why);
    return refusal.status;
  }
  const std::size_t words = bytes / sizeof(std::max_align_t) + 1;
  copy = {&kernel,
          params.function->module->library,
          params.function->module->unloaded,
          params.grid_x,
          params.block_x,
          params.shared_bytes,
          bytes,
          std::make_shared<std::vector<std::max_align_t>>(words)};
  std::memcpy(copy.arguments->data(), arguments, bytes);
  return Status::success;
}

void submit(World &world, Stream stream, const LaunchCopy &launch, const char *what) {
  const std::uint64_t number = ++world.launches;
  log_line(std::string(what) + " " + text_of(launch) + " stream=" + std::to_string(stream->number));
  const emu::Launch emulated = {launch.kernel,
                                launch.arguments->data(),
                                launch.grid,
                                launch.threads,
                                launch.shared_bytes,
                                order_of(world.settings, number),
                                world.settings.edge_blocks};
  const bool fails = number == world.settings.async_at;
  const Status failure = world.settings.async_status;
  enqueue(world, stream,
          {nullptr,
           [=, arguments = launch.arguments, library = launch.library,
            unloaded = launch.unloaded]() -> Outcome {
             const std::string name = emulated.kernel->name;
             if (fails)
               return {failure, name + ": as async= has it"};
             if (*unloaded)
               return {Status::illegal_address, name + ": its module was unloaded before it ran"};
             return run_launch(emulated);
           },
           nullptr});
}

} // namespace jit::gpu::fake

using namespace jit::gpu;
using namespace jit::gpu::fake;

Status cuLaunchKernel(Function function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                      unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                      Stream stream, void **arguments, void **extra) {
  return call(Entry::LaunchKernel, Need::context, [&](World &world, auto &) {
    LaunchCopy launch;
    const Status status = copy_launch(world,
                                      {function, grid_x, grid_y, grid_z, block_x, block_y, block_z,
                                       shared_bytes, arguments, extra},
                                      launch);
    if (status != Status::success)
      return status;
    Stream const found = find_stream(world, stream);
    if (!found)
      return Status::invalid_handle;
    submit(world, found, launch, "launch");
    return Status::success;
  });
}
