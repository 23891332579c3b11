// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A function of a module on the devices where it was called.
#pragma once

#include "runtime/program/Bundle.h"
#include "runtime/tensor/DeviceMemory.h"

#include <tracejit/tensor.h>

#include <map>
#include <memory>
#include <mutex>
#include <source_location>
#include <vector>

namespace jit {

/// What calls on one device need.
struct FunctionOnDevice {
  std::vector<Tensor> constants;    ///< by input; empty tensors where the caller gives one
  std::unique_ptr<Program> program; ///< null: there is no code for it in the file
};

/// Made for a device at the first call there, which loads its code. Any thread may ask.
class FunctionOnDevices {
public:
  /// `host`: constants of the function on the CPU. Throws out_of_memory, device.
  const FunctionOnDevice &on(DeviceNumber device, const BundleFunction &function,
                             const std::vector<Tensor> &host, const std::source_location &site);

private:
  std::mutex lock;
  std::map<DeviceNumber, FunctionOnDevice> ready;
};

} // namespace jit
