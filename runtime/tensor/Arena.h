// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The allocator of tensor storage: 64-byte aligned blocks, cached per thread and per process.
#pragma once

#include "runtime/tensor/SizeClasses.h"

#include <tracejit/memory.h>

#include <cstddef>
#include <cstdint>

namespace jit {

namespace arena {

/// A block of at least `bytes`, aligned to 64, with 64 bytes after its end that belong to it too
/// (readable and writable, content unspecified). nullptr when out of memory. `bytes` may be 0.
/// Thread-safe; works in thread_local destructors and static destructors; never waits for a lock.
[[nodiscard]] std::byte *allocate(std::size_t bytes) noexcept;

/// `bytes` as given to allocate. nullptr is ignored.
void deallocate(std::byte *block, std::size_t bytes) noexcept;

MemoryStats stats() noexcept;
void reset_peak() noexcept;

/// Free memory kept for reuse at most; the default is the larger of 1 GiB and a quarter of memory.
void set_cache_cap(std::size_t bytes) noexcept;
/// Gives the calling thread's and the process's free memory back to the system.
void release_cached() noexcept;
/// Bytes the arena may map in all; the default is the memory of the machine or control group.
void set_limit(std::size_t bytes) noexcept;

/// For tests: the n-th allocation from now fails, once, on whatever thread; 0 disarms.
void set_allocation_failure(std::uint64_t n) noexcept;
/// How far it is to that failure; 0: it has happened, or is disarmed.
std::uint64_t allocations_to_failure() noexcept;

} // namespace arena
} // namespace jit
