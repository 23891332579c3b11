// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/Heap.h"

#include "runtime/base/OutOfMemory.h"
#include "runtime/tensor/SizeClasses.h"

#include <algorithm>

namespace jit::gpu {

/// What a block for `bytes` takes.
std::size_t Heap::size_of(std::size_t bytes) noexcept {
  const auto rounded = [](std::size_t size) { return (size + alignment - 1) & ~(alignment - 1); };
  if (bytes <= arena::max_block_bytes)
    return rounded(arena::class_bytes(arena::block_class(bytes)));
  return bytes <= arena::max_region_bytes ? arena::region_class_bytes(arena::region_class(bytes))
                                          : rounded(bytes);
}

Heap::Slab &Heap::slab_of(const std::byte *block) noexcept {
  return std::prev(slabs.upper_bound(block))->second;
}

/// A block from the end of the open slab, or from a new one.
std::byte *Heap::cut(std::size_t size) {
  if (!open_slab || slabs[open_slab].used + size > slab_bytes) {
    std::byte *slab = source.allocate(slab_bytes);
    if (!slab)
      return nullptr;
    if (!if_memory([&] { slabs[slab]; })) {
      source.free(slab);
      return nullptr;
    }
    held_bytes += slab_bytes;
    open_slab = slab;
  }
  Slab &slab = slabs[open_slab];
  std::byte *block = open_slab + slab.used;
  slab.used += size;
  return block;
}

std::byte *Heap::take(std::size_t size) {
  Blocks &kept = free_blocks[size];
  // So that letting go needs no memory.
  const bool is_cut = size <= most_cut;
  std::byte *block = nullptr;
  if (!kept.empty()) {
    block = kept.back();
    kept.pop_back();
  } else if (is_cut) {
    block = cut(size);
  } else if ((block = source.allocate(size))) {
    held_bytes += static_cast<std::int64_t>(size);
  }
  if (block && is_cut)
    ++slab_of(block).live;
  return block;
}

void Heap::count(std::int64_t bytes) noexcept {
  counts.live_bytes += bytes;
  counts.peak_live_bytes = std::max(counts.peak_live_bytes, counts.live_bytes);
}

std::byte *Heap::allocate(std::size_t bytes) noexcept {
  const std::size_t size = size_of(bytes);
  const std::lock_guard guard(lock);
  std::byte *block = nullptr;
  const auto try_once = [&] { if_memory([&] { block = take(size); }); };
  try_once();
  if (!block) {
    give_back();
    try_once();
  }
  if (!block) {
    source.finish_work();
    give_back();
    try_once();
  }
  if (!block)
    return nullptr;
  ++counts.allocations;
  count(static_cast<std::int64_t>(bytes));
  return block;
}

void Heap::deallocate(std::byte *block, std::size_t bytes) noexcept {
  const std::size_t size = size_of(bytes);
  const std::lock_guard guard(lock);
  count(-static_cast<std::int64_t>(bytes));
  if (size <= most_cut)
    --slab_of(block).live;
  if (if_memory([&] { free_blocks[size].push_back(block); }) || size <= most_cut)
    return; // without memory for the list, a piece of a slab waits for the slab to be given back
  source.free(block);
  held_bytes -= static_cast<std::int64_t>(size);
}

/// Slabs in which no block is used, with the free blocks that lie in them.
void Heap::give_back_slabs() noexcept {
  for (auto &[size, blocks] : free_blocks)
    if (size <= most_cut)
      std::erase_if(blocks, [&](std::byte *block) { return slab_of(block).live == 0; });
  for (auto entry = slabs.begin(); entry != slabs.end();) {
    if (entry->second.live != 0) {
      ++entry;
      continue;
    }
    auto *const slab = const_cast<std::byte *>(entry->first);
    if (slab == open_slab)
      open_slab = nullptr;
    source.free(slab);
    held_bytes -= slab_bytes;
    entry = slabs.erase(entry);
  }
}

/// Precondition: locked.
void Heap::give_back() noexcept {
  give_back_slabs();
  for (auto &[size, blocks] : free_blocks) {
    if (size <= most_cut)
      continue;
    for (std::byte *block : blocks)
      source.free(block);
    held_bytes -= static_cast<std::int64_t>(size * blocks.size());
    blocks.clear();
  }
}

void Heap::release_cached() noexcept {
  const std::lock_guard guard(lock);
  give_back();
}

void Heap::reset_peak() noexcept {
  const std::lock_guard guard(lock);
  counts.peak_live_bytes = counts.live_bytes;
}

HeapStats Heap::stats() const noexcept {
  const std::lock_guard guard(lock);
  HeapStats stats = counts;
  stats.cached_bytes = held_bytes - counts.live_bytes;
  return stats;
}

} // namespace jit::gpu
