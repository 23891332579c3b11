// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scratch: memory of one kernel call; small amounts live on the stack.
#pragma once

#include <cstddef>
#include <new>

namespace jit {

template <std::size_t inline_bytes = 4096> class Scratch {
public:
  explicit Scratch(std::size_t bytes) noexcept {
    if (bytes > inline_bytes)
      block = static_cast<std::byte *>(
          ::operator new(bytes, std::align_val_t{64}, std::nothrow));
  }
  ~Scratch() {
    if (block != local)
      ::operator delete(block, std::align_val_t{64});
  }
  Scratch(const Scratch &) = delete;

  /// 64-byte aligned; null if there was no memory.
  std::byte *data() noexcept { return block; }

private:
  alignas(64) std::byte local[inline_bytes];
  std::byte *block = local;
};

} // namespace jit
