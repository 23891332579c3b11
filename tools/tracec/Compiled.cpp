// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/tracec/Compiled.h"

#include "runtime/cuda/Devices.h"
#include "runtime/jit/LoadCompiler.h"
#include "runtime/jit/PeakMemory.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/tensor/DeviceMemory.h"
#include "tools/tracec/Exit.h"
#include "tools/tracec/TraceFile.h"

namespace tracec {

jit::Compiler &compiler() {
  // Never destroyed: the library's own destructors may run before ours.
  static jit::Compiler *instance = [] {
    std::string message;
    std::unique_ptr<jit::Compiler> loaded = jit::load_compiler(message);
    if (!loaded)
      throw Exit(ExitCode::unsupported, "tracec: error: " + message);
    return loaded.release();
  }();
  return *instance;
}

jit::CompileOptions compile_options(const Request &request, const jit::Graph &graph) {
  jit::CompileOptions options;
  // Default caches, so that the same file gives the same code everywhere, but where it is timed.
  if (request.command == Command::bench)
    options.target = jit::this_machine();
  if (request.command == Command::compile || request.command == Command::profile)
    options.target.caches =
        request.native ? jit::cache_sizes() : jit::CacheSizes{.l2 = request.l2, .l3 = request.l3};
  options.target.isa = request.isa.value_or(jit::active_isa());
  if (const jit::DeviceNumber device = graph.device(); device != jit::on_cpu)
    options.target.gpu = {device, jit::gpu::traits_of(device).capability};
  options.disabled_passes = request.disabled;
  options.schedule = request.schedule;
  // Whatever the machine has left, so that the same file gives the same code everywhere.
  options.memory_budget = request.memory.value_or(jit::memory_budget(jit::peak_of_ops(graph), 0));
  options.verify = request.command != Command::bench; // its time is reported
  return options;
}

CompiledTrace::CompiledTrace(const Request &request, const jit::Graph &graph) : graph(graph) {
  jit::CompileResult result = compiler().compile(graph, compile_options(request, graph));
  if (!result.program)
    throw Exit(ExitCode::unsupported,
               shown_name(request) + ": error: cannot be compiled: " + result.message);
  program = std::move(result.program);
}

std::vector<jit::Tensor> CompiledTrace::run(const jit::GraphInputs &inputs) const {
  const auto allocate = [](const jit::Meta *meta) {
    jit::Storage *storage = jit::new_storage(meta->bytes(), meta->device);
    jit::Impl *impl = storage ? jit::new_ready(meta, storage, storage->data) : nullptr;
    if (!impl)
      throw Exit(ExitCode::limit, "tracec: error: out of memory for " + describe(*meta));
    return jit::detail::Access::tensor(impl);
  };
  std::vector<jit::Tensor> outputs;
  std::vector<std::byte *> input_data, output_data;
  for (const jit::Tensor &tensor : inputs.tensors)
    input_data.push_back(jit::detail::Access::impl(tensor)->data());
  for (const std::uint32_t output : graph.outputs) {
    outputs.push_back(allocate(graph.values[output].meta));
    output_data.push_back(jit::detail::Access::impl(outputs.back())->data());
  }
  const auto arena_bytes = static_cast<std::int64_t>(program->info().arena_bytes);
  constexpr std::int64_t step = 1;
  const jit::Tensor arena =
      allocate(jit::intern_meta(jit::DType::u8, {&arena_bytes, 1}, {&step, 1}, graph.device()));
  if (!program->run(
          {input_data, inputs.numbers, output_data, jit::detail::Access::impl(arena)->data()}))
    throw Exit(ExitCode::limit,
               "tracec: error: the device has refused: " +
                   jit::DeviceMemory::of(graph.device()).refusal().value_or("out of memory"));
  return outputs;
}

} // namespace tracec
