// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Chunks of equal blocks over the region cache, under one lock that nobody waits for.
#include "runtime/tensor/ArenaCentral.h"

#include "runtime/base/TryLock.h"

namespace jit::arena::central {
namespace {

// Header of a region that is cut into blocks of one class. A block finds it by masking its address.
struct Chunk {
  Region region;
  Chunk *next, *prev; // chunks of the class with a free block
  FreeBlock *free;    // given back
  std::uint32_t cls;
  std::uint32_t carved; // blocks ever handed out, from the front
  std::uint32_t in_use;
  bool linked;
};
constexpr std::size_t chunk_header_bytes = 128;
static_assert(sizeof(Chunk) <= chunk_header_bytes);

constexpr std::size_t chunk_bytes(unsigned cls) noexcept {
  return cls < small_classes ? min_region_bytes : region_alignment;
}
constexpr std::uint32_t chunk_capacity(unsigned cls) noexcept {
  return static_cast<std::uint32_t>((chunk_bytes(cls) - chunk_header_bytes) / class_bytes(cls));
}

constinit TryLock lock;
[[maybe_unused]] const bool fork_safe = (hold_across_fork(lock), true);
constinit std::atomic<DeferredBlock *> deferred{nullptr};

// Everything below is guarded by the lock.
constinit std::array<Chunk *, block_classes> chunks{};
constinit RegionCache regions;

void link(Chunk *chunk) noexcept {
  Chunk *&head = chunks[chunk->cls];
  chunk->next = head;
  chunk->prev = nullptr;
  if (head)
    head->prev = chunk;
  head = chunk;
  chunk->linked = true;
}

void unlink(Chunk *chunk) noexcept {
  (chunk->prev ? chunk->prev->next : chunks[chunk->cls]) = chunk->next;
  if (chunk->next)
    chunk->next->prev = chunk->prev;
  chunk->linked = false;
}

Chunk *make_chunk(Region *region, unsigned cls) noexcept {
  if (!region)
    return nullptr;
  return new (region) Chunk{*region, nullptr, nullptr, nullptr, cls, 0, 0, false};
}

FreeBlock *take_block(Chunk *chunk) noexcept {
  ++chunk->in_use;
  if (FreeBlock *block = chunk->free) {
    chunk->free = block->next;
    return block;
  }
  auto *front = reinterpret_cast<std::byte *>(chunk) + chunk_header_bytes;
  return new (front + class_bytes(chunk->cls) * chunk->carved++) FreeBlock{nullptr};
}

bool is_full(const Chunk *chunk) noexcept { return chunk->in_use == chunk_capacity(chunk->cls); }

void give_block(unsigned cls, FreeBlock *block) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  auto *chunk = reinterpret_cast<Chunk *>(address & ~(chunk_bytes(cls) - 1));
  block->next = chunk->free;
  chunk->free = block;
  --chunk->in_use;
  if (!chunk->linked)
    link(chunk);
  // The last chunk of a class stays, or a lone block taken and given would cost a chunk each time.
  if (chunk->in_use == 0 && (chunk->next || chunk->prev)) {
    unlink(chunk);
    regions.give(&chunk->region);
  }
}

Region *region_of(std::byte *block) noexcept {
  return reinterpret_cast<Region *>(reinterpret_cast<std::uintptr_t>(block) &
                                    ~(region_alignment - 1));
}

void give_any(void *block, std::size_t bytes) noexcept {
  if (bytes > max_block_bytes)
    regions.give(region_of(static_cast<std::byte *>(block)));
  else
    give_block(block_class(bytes), new (block) FreeBlock{nullptr});
}

void defer(void *block, std::size_t bytes) noexcept {
  auto *entry = new (block) DeferredBlock{deferred.load(std::memory_order_relaxed), bytes};
  while (!deferred.compare_exchange_weak(entry->next, entry, std::memory_order_release,
                                         std::memory_order_relaxed)) {
  }
}

// The lock if it is free at once; takes in what others had to defer.
class Guard {
public:
  Guard() noexcept {
    owned = lock.try_lock();
    if (owned && deferred.load(std::memory_order_relaxed))
      take_in();
  }
  ~Guard() {
    if (!owned)
      return;
    Region *surplus = regions.take_surplus();
    lock.unlock();
    unmap_regions(surplus);
  }
  Guard(const Guard &) = delete;
  explicit operator bool() const noexcept { return owned; }

private:
  static void take_in() noexcept {
    DeferredBlock *entry = deferred.exchange(nullptr, std::memory_order_acquire);
    while (entry) {
      DeferredBlock *next = entry->next;
      give_any(entry, entry->bytes);
      entry = next;
    }
  }

  bool owned;
};

void take_from(Chunk *chunk, std::uint32_t count, Batch &batch) noexcept {
  for (; batch.count < count && !is_full(chunk); ++batch.count) {
    FreeBlock *block = take_block(chunk);
    block->next = batch.first;
    batch.first = block;
  }
}

// Where the payload starts varies: equal page offsets of many arrays would alias in the caches and
// in the store buffer.
std::byte *payload(Region *region) noexcept {
  if (!region)
    return nullptr;
  static constinit std::atomic<unsigned> turn{0};
  const std::size_t start =
      region_header_bytes + 320 * ((turn.fetch_add(1, std::memory_order_relaxed) % 8));
  static_assert(region_header_bytes + 320 * 7 + padding <= region_overhead);
  return reinterpret_cast<std::byte *>(region) + start;
}

} // namespace

Batch take_blocks(unsigned cls, std::uint32_t count) noexcept {
  Batch batch;
  const Guard guard;
  if (!guard) { // a chunk nobody else knows until its first block comes back
    if (Chunk *chunk = make_chunk(map_surplus_region(chunk_bytes(cls)), cls))
      take_from(chunk, count, batch);
    return batch;
  }
  while (batch.count < count) {
    Chunk *chunk = chunks[cls];
    if (!chunk) {
      if (batch.count > 0 || !(chunk = make_chunk(regions.take(chunk_bytes(cls)), cls)))
        break;
      link(chunk);
    }
    take_from(chunk, count, batch);
    if (is_full(chunk))
      unlink(chunk);
  }
  return batch;
}

void give_blocks(unsigned cls, FreeBlock *first) noexcept {
  const Guard guard;
  while (first) {
    FreeBlock *next = first->next;
    if (guard)
      give_block(cls, first);
    else
      defer(first, class_bytes(cls) - padding);
    first = next;
  }
}

std::byte *take_region(std::size_t bytes) noexcept {
  const Guard guard;
  return payload(guard ? regions.take(bytes + region_overhead)
                       : map_surplus_region(bytes + region_overhead));
}

void give_region(std::byte *block, std::size_t bytes) noexcept {
  const Guard guard;
  if (guard)
    regions.give(region_of(block));
  else
    defer(block, bytes);
}

void set_cache_cap(std::size_t bytes) noexcept {
  lock.lock();
  regions.set_cap(bytes);
  lock.unlock();
}

void release_cached() noexcept {
  {
    const Guard takes_in_deferred;
  }
  lock.lock();
  for (Chunk *chunk : chunks) {
    while (chunk) {
      Chunk *next = chunk->next;
      if (chunk->in_use == 0) {
        unlink(chunk);
        regions.give(&chunk->region);
      }
      chunk = next;
    }
  }
  regions.trim(0);
  lock.unlock();
}

LockHolder::LockHolder() noexcept { lock.lock(); }
LockHolder::~LockHolder() { lock.unlock(); }

} // namespace jit::arena::central
