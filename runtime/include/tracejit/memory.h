// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the storage of tensors takes.
#pragma once

#include <cstdint>

#pragma GCC visibility push(default)
namespace jit {

/// Storage of tensors in bytes. Other threads' last 64 KiB of small blocks may be missing from it.
struct MemoryStats {
  std::int64_t live_bytes = 0;      ///< asked for and not freed
  std::int64_t cached_bytes = 0;    ///< mapped from the system beyond the live bytes
  std::int64_t peak_live_bytes = 0; ///< most live bytes since the start or reset_memory_peak()
  std::uint64_t allocations = 0;    ///< successful allocations since the start
  std::int64_t arena_bytes = 0;     ///< of the live bytes, temporaries that compiled code keeps
  std::int64_t deferred_bytes = 0;  ///< values that are held but were not needed: not stored so far
  std::int64_t packed_bytes = 0;    ///< of the live bytes, copies of weights that products read
};
MemoryStats memory_stats() noexcept;
/// Of every device.
void reset_memory_peak() noexcept;
/// Gives memory kept for reuse back to the system, and that of GPUs to their drivers.
void release_cached_memory() noexcept;

} // namespace jit
#pragma GCC visibility pop
