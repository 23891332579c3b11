// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scratch: memory of one kernel call; small amounts live on the stack.
#pragma once

#include "runtime/tensor/Arena.h"

#include <cstddef>

namespace jit {

template <std::size_t inline_bytes = 4096> class Scratch {
public:
  explicit Scratch(std::size_t bytes) noexcept : bytes(bytes) {
    if (bytes > inline_bytes)
      block = arena::allocate(bytes);
  }
  ~Scratch() {
    if (block != local)
      arena::deallocate(block, bytes);
  }
  Scratch(const Scratch &) = delete;

  /// 64-byte aligned; null if there was no memory.
  std::byte *data() noexcept { return block; }

private:
  alignas(64) std::byte local[inline_bytes];
  std::byte *block = local;
  std::size_t bytes;
};

} // namespace jit
