// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/Devices.h"
#include "runtime/jit/Session.h"
#include "runtime/tensor/Arena.h"
#include "runtime/tensor/PackedMatrix.h"

#include <tracejit/memory.h>

namespace jit {

MemoryStats memory_stats() noexcept {
  MemoryStats stats = arena::stats();
  stats.arena_bytes = Session::all_arena_bytes();
  stats.deferred_bytes = Session::all_deferred_bytes();
  stats.packed_bytes = all_packed_bytes();
  return stats;
}
void reset_memory_peak() noexcept {
  arena::reset_peak();
  gpu::reset_memory_peaks();
}
void release_cached_memory() noexcept {
  Session::trim_all();
  arena::release_cached();
  gpu::release_cached_memory();
}

} // namespace jit
