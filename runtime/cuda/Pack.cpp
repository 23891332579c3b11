// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/Pack.h"

#include "runtime/cuda/Unpack.h"

#include <algorithm>

namespace jit::gpu {

const PackedKernel *find_packed(std::string_view kernel) noexcept {
  const auto found = std::ranges::lower_bound(pack().kernels, kernel, {}, &PackedKernel::name);
  if (found == pack().kernels.end() || found->name != kernel)
    return nullptr;
  return &*found;
}

std::string packed_ptx(std::uint32_t module) {
  const PackedModule &packed = pack().modules[module];
  const std::size_t end = std::size_t{packed.offset} + packed.bytes;
  return unpack(pack().data + pack().units[packed.unit], end).substr(packed.offset, packed.bytes);
}

} // namespace jit::gpu
