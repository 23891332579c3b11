// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is done when a standard container gets no memory.
#pragma once

#include <new>

namespace jit {

/// For work that may be given up, where nothing may be thrown: does it, or as much as there was
/// memory for. False if that was not all.
template <class F> bool if_memory(F &&work) noexcept {
  try {
    work();
    return true;
  } catch (const std::bad_alloc &) {
    return false;
  }
}

} // namespace jit
