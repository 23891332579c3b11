// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory of a device between the launches of one op.
#pragma once

#include "runtime/cuda/Gpu.h"
#include "runtime/tensor/Impl.h"

#include <array>

namespace jit::gpu {

/// Blocks that go back with it: whoever has them next is later in the stream.
class DeviceScratch {
public:
  explicit DeviceScratch(Gpu &gpu) noexcept : gpu(gpu) {}
  ~DeviceScratch() {
    for (std::size_t i = 0; i < count; ++i)
      release(blocks[i]);
  }
  DeviceScratch(const DeviceScratch &) = delete;

  /// So many elements; nullptr: no memory, or the device cannot be used.
  std::byte *take(std::int64_t elements, DType dtype) noexcept {
    Storage *block = count < blocks.size()
                         ? gpu.new_storage(static_cast<std::size_t>(elements) * itemsize(dtype))
                         : nullptr;
    if (!block)
      return nullptr;
    blocks[count++] = block;
    return block->data;
  }

private:
  Gpu &gpu;
  std::array<Storage *, 16> blocks;
  std::size_t count = 0;
};

} // namespace jit::gpu
