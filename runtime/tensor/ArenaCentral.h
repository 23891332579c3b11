// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The part of the arena that all threads share: chunks of equal blocks, and free regions.
#pragma once

#include "runtime/tensor/Regions.h"

namespace jit::arena {

struct FreeBlock {
  FreeBlock *next;
};

/// A block that is given back while another thread holds the lock; the next holder takes it in.
struct DeferredBlock {
  DeferredBlock *next;
  std::size_t bytes;
};

struct Batch {
  FreeBlock *first = nullptr;
  std::uint32_t count = 0;
};

/// What a region holds besides the payload: header, a varying start, and the padding.
inline constexpr std::size_t region_overhead = 4096;

/// Nothing here waits for a lock: if it is held, memory is mapped for the time or given back later.
namespace central {

/// Up to `count` blocks of a class; none only when out of memory.
Batch take_blocks(unsigned cls, std::uint32_t count) noexcept;
void give_blocks(unsigned cls, FreeBlock *first) noexcept;

/// Block of its own mapping, for more than max_block_bytes; nullptr when out of memory.
std::byte *take_region(std::size_t bytes) noexcept;
void give_region(std::byte *block, std::size_t bytes) noexcept;

void set_cache_cap(std::size_t bytes) noexcept;
void release_cached() noexcept;

/// For tests: while one lives, everybody finds the lock taken.
struct LockHolder {
  LockHolder() noexcept;
  ~LockHolder();
  LockHolder(const LockHolder &) = delete;
};

} // namespace central
} // namespace jit::arena
