// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scratch memory of kernels: an owner that keeps small amounts on the stack, and the space that a
// caller has reserved, from which kernels take their parts.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/tensor/Arena.h"

#include <cstddef>
#include <cstdint>

namespace jit {

/// What a part of `bytes` takes of a space: every part begins at a multiple of 64.
constexpr std::size_t scratch_part(std::int64_t bytes) noexcept {
  return (static_cast<std::size_t>(bytes) + 63) / 64 * 64;
}

/// Reserved memory, taken from the front. Who passes a copy on may use the same memory again
/// afterwards.
class ScratchSpace {
public:
  explicit ScratchSpace(std::byte *data) noexcept : next(data) {}

  template <class T = std::byte> T *take(std::int64_t count) noexcept {
    auto *part = reinterpret_cast<T *>(next);
    next += scratch_part(count * static_cast<std::int64_t>(sizeof(T)));
    return part;
  }

private:
  std::byte *next;
};

template <std::size_t inline_bytes = 4096> class Scratch {
public:
  /// Uses what the caller has reserved, if anything.
  Scratch(const KernelScratch &given, std::size_t bytes) noexcept : bytes(bytes) {
    if (given.data)
      block = given.data;
    else if (bytes > inline_bytes)
      block = own = arena::allocate(bytes);
  }
  ~Scratch() {
    if (own)
      arena::deallocate(own, bytes);
  }
  Scratch(const Scratch &) = delete;

  /// False if there was no memory.
  explicit operator bool() const noexcept { return block != nullptr; }
  ScratchSpace space() const noexcept { return ScratchSpace(block); }
  std::byte *data() const noexcept { return block; } ///< at a multiple of 64

private:
  alignas(64) std::byte local[inline_bytes];
  std::byte *block = local, *own = nullptr;
  std::size_t bytes;
};

} // namespace jit
