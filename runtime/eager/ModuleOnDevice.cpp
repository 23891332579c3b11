// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager/ModuleOnDevice.h"

#include "runtime/base/Log.h"
#include "runtime/cuda/Gpu.h"
#include "runtime/cuda/StoredGpuProgram.h"
#include "runtime/trace/Inputs.h"

#include <tracejit/device.h>

namespace jit {

const FunctionOnDevice &FunctionOnDevices::on(DeviceNumber device, const BundleFunction &function,
                                              const std::vector<Tensor> &host,
                                              const std::source_location &site) {
  if (gpu::in_child_of_fork()) // the lock may be held for good
    throw Error(ErrorCode::device,
                function.names.function + ": a GPU cannot be used in the child of a fork", site);
  const std::lock_guard guard(lock);
  if (const auto known = ready.find(device); known != ready.end())
    return known->second;
  FunctionOnDevice made;
  const Device place{Device::cuda, device - 1};
  for (const Tensor &constant : host) {
    Tensor &there = made.constants.emplace_back();
    if (!detail::Access::impl(constant))
      continue;
    Result<Tensor> copy = copy_to(device, constant);
    if (!copy)
      throw Error(ErrorCode::out_of_memory,
                  function.names.function + ": a constant: " + copy.message(), site);
    there = std::move(*copy);
  }
  if (!function.gpu_code.empty()) {
    Result<std::unique_ptr<Program>> program = gpu::load_from_bundle(function, device);
    if (program)
      made.program = std::move(*program);
    else
      log_line(LogComponent::compile, LogLevel::info,
               function.names.function + " on " + to_string(place) + ": " + program.message());
  }
  return ready.emplace(device, std::move(made)).first->second;
}

} // namespace jit
