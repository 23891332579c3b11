// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Session.h"
#include "runtime/tensor/Arena.h"

#include <tracejit/memory.h>

namespace jit {

MemoryStats memory_stats() noexcept { return arena::stats(); }
void reset_memory_peak() noexcept { arena::reset_peak(); }
void release_cached_memory() noexcept {
  Session::trim_all();
  arena::release_cached();
}

} // namespace jit
