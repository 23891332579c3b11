// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Making and freeing a value, inline for the places where every cycle counts.
#pragma once

#include "runtime/tensor/FreeList.h"
#include "runtime/tensor/Impl.h"

namespace jit {

using ImplMemory = FreeList<128, Impl>;

/// With one reference; nullptr when out of memory.
[[gnu::always_inline]] inline Impl *new_impl(const Meta *meta) noexcept {
  void *memory = ImplMemory::take();
  if (!memory) [[unlikely]]
    return nullptr;
  auto *impl = new (memory) Impl;
  impl->refs.store(1, std::memory_order_relaxed);
  impl->meta = meta;
  return impl;
}

/// Frees a value that was never computed or recorded, so that nothing hangs on it.
/// Precondition: its meta is interned.
inline void free_unused(Impl *impl) noexcept {
  impl->~Impl();
  ImplMemory::give(impl);
}

} // namespace jit
