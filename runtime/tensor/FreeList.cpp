// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The process-wide part of object pools.
#include "runtime/tensor/FreeList.h"

#include <sys/mman.h>

namespace jit::detail {
namespace {

constexpr std::size_t slab_bytes = std::size_t{64} << 10;

// Links `count` fresh objects at `front` into a list.
FreeNode *carve(std::byte *front, std::size_t object_bytes, std::uint32_t count) noexcept {
  FreeNode *first = nullptr;
  for (std::uint32_t i = count; i-- > 0;)
    first = new (front + i * object_bytes) FreeNode{first, nullptr, 0};
  first->count = count;
  return first;
}

} // namespace

FreeNode *FreeListStore::take(std::size_t object_bytes, std::uint32_t at_most) noexcept {
  if (!fork_safe.exchange(true, std::memory_order_relaxed))
    hold_across_fork(lock);
  for (std::atomic<FreeNode *> &place : at_hand)
    if (place.load(std::memory_order_relaxed))
      if (FreeNode *list = place.exchange(nullptr, std::memory_order_acquire))
        return list;
  if (lock.try_lock()) {
    if (!lists)
      lists = deferred.exchange(nullptr, std::memory_order_acquire);
    FreeNode *first = lists;
    if (first)
      lists = first->next_list;
    lock.unlock();
    if (first)
      return first;
  }
  void *slab =
      mmap(nullptr, slab_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (slab == MAP_FAILED)
    return nullptr;
  // One list to the caller, the rest of the slab to the store in lists of the same length.
  auto *front = static_cast<std::byte *>(slab);
  auto left = static_cast<std::uint32_t>(slab_bytes / object_bytes);
  FreeNode *result = nullptr;
  while (left > 0) {
    const std::uint32_t count = left < at_most ? left : at_most;
    FreeNode *list = carve(front, object_bytes, count);
    if (result)
      give(list, count);
    else
      result = list;
    front += count * object_bytes;
    left -= count;
  }
  return result;
}

void FreeListStore::give(FreeNode *first, std::uint32_t count) noexcept {
  first->count = count;
  for (std::atomic<FreeNode *> &place : at_hand)
    if (FreeNode *nothing = nullptr;
        !place.load(std::memory_order_relaxed) &&
        place.compare_exchange_strong(nothing, first, std::memory_order_release,
                                      std::memory_order_relaxed))
      return;
  if (lock.try_lock()) {
    first->next_list = lists;
    lists = first;
    lock.unlock();
    return;
  }
  first->next_list = deferred.load(std::memory_order_relaxed);
  while (!deferred.compare_exchange_weak(first->next_list, first, std::memory_order_release,
                                         std::memory_order_relaxed)) {
  }
}

} // namespace jit::detail
