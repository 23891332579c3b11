// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/CompileRequest.h"

#include "runtime/base/Options.h"
#include "runtime/base/SystemMemory.h"
#include "runtime/cuda/Devices.h"
#include "runtime/jit/PeakMemory.h"

namespace jit {

CompileRequest request_for(const Graph &graph, const std::vector<std::uint32_t> &outputs,
                           KernelCache &kernels) {
  CompileRequest request{graph, {}};
  request.graph.outputs = outputs;
  CompileOptions &compile_options = request.options;
  compile_options.target = this_machine();
  if (const DeviceNumber device = graph.device(); device != on_cpu)
    compile_options.target.gpu = {device, gpu::traits_of(device).capability};
  compile_options.disabled_passes = options().disable;
  compile_options.schedule = options().schedule;
  compile_options.kernels = &kernels;
  const int percent = options().memory_percent;
  const std::size_t budget =
      memory_budget(peak_of_ops(request.graph), system_memory_left(), percent);
  compile_options.memory_budget =
      percent < 0 ? budget_class(budget, bytes_of_values(request.graph)) : budget;
  return request;
}

} // namespace jit
