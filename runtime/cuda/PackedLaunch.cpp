// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/PackedLaunch.h"

#include "runtime/base/OutOfMemory.h"
#include "runtime/cuda/Gpu.h"

#include <string>

namespace jit::gpu {

Launched launch_packed(Gpu &gpu, const PackedName &name, std::uint64_t blocks,
                       std::span<const std::byte> arguments, unsigned shared_bytes) noexcept {
  KernelFunction kernel;
  if_memory([&] {
    const std::string whole = std::string(name.stem).append(name.variant).append(name.suffix);
    if (const KernelFunction *found = gpu.packed().find(whole))
      kernel = *found;
  });
  if (!kernel.handle)
    return gpu.is_usable() ? Launched::no_kernel : Launched::refused;
  kernel.shared_bytes = shared_bytes;
  return gpu.launch(kernel, blocks, arguments) ? Launched::yes : Launched::refused;
}

} // namespace jit::gpu
