// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tensor/DeviceMemory.h"

namespace jit {

constinit std::array<std::atomic<DeviceMemory *>, 256> DeviceMemory::opened{};

static constinit thread_local DeviceNumber device_of_thread = on_cpu;

DeviceNumber default_device() noexcept { return device_of_thread; }
void set_default_device(DeviceNumber device) noexcept { device_of_thread = device; }

} // namespace jit
