// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pools of equal small objects: two bounded lists a thread, full ones go to a process-wide list.
#pragma once

#include "runtime/base/AtThreadExit.h"
#include "runtime/base/TryLock.h"
#include "runtime/tensor/Poison.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

namespace jit {

namespace detail {

/// A free object. Only the first object of a list in the process-wide store uses the last two.
struct FreeNode {
  FreeNode *next;
  FreeNode *next_list;
  std::uint32_t count;
};

/// Lists of free objects of one pool, shared by all threads: a few at hand, which go from thread to
/// thread without the lock, and all others. Nobody waits for the lock.
class FreeListStore {
public:
  constexpr FreeListStore() noexcept = default;

  /// A list with its length in `count`; carved from fresh memory when there is none; nullptr when
  /// out of memory.
  FreeNode *take(std::size_t object_bytes, std::uint32_t at_most) noexcept;
  void give(FreeNode *first, std::uint32_t count) noexcept;

private:
  std::array<std::atomic<FreeNode *>, 8> at_hand{};
  TryLock lock;
  FreeNode *lists = nullptr;
  std::atomic<FreeNode *> deferred{nullptr}; // given while the lock was held
  std::atomic<bool> fork_safe{false};
};

} // namespace detail

/// Pool of uninitialised objects of `Bytes` bytes, aligned to 64; one pool for every `Tag`.
/// A hit is a few plain instructions. Works in destructors of any storage duration. Memory is kept.
template <std::size_t Bytes, class Tag> class FreeList {
  static_assert(Bytes % 64 == 0 && Bytes >= sizeof(detail::FreeNode));
  using Node = detail::FreeNode;

public:
  static constexpr std::uint32_t list_length = 64; ///< a thread keeps up to twice as many

  /// nullptr when out of memory.
  [[nodiscard]] static void *take() noexcept {
    Local &mine = local;
    Node *node = mine.first;
    if (!node) [[unlikely]]
      return take_slow();
    mine.first = node->next;
    --mine.count;
    TRACEJIT_UNPOISON(node, Bytes);
    return node;
  }

  static void give(void *object) noexcept {
    TRACEJIT_POISON(static_cast<std::byte *>(object) + sizeof(Node), Bytes - sizeof(Node));
    Local &mine = local;
    if (mine.count >= mine.limit) [[unlikely]]
      return give_slow(object);
    mine.first = new (object) Node{mine.first, nullptr, 0};
    ++mine.count;
  }

private:
  // Trivially destructible. A limit of 0 sends everything to the store: before the first slow call
  // and after the thread's cleanup.
  struct Local {
    Node *first = nullptr;
    Node *spare = nullptr; // full list or null
    std::uint32_t count = 0;
    std::uint32_t limit = 0;
    bool closed = false;
  };

  static void close() noexcept {
    if (local.first)
      store.give(local.first, local.count);
    if (local.spare)
      store.give(local.spare, list_length);
    local = {nullptr, nullptr, 0, 0, true};
  }

  static bool open(Local &mine) noexcept {
    if (mine.limit == 0 && !mine.closed) {
      at_thread_exit(close);
      mine.limit = list_length;
    }
    return !mine.closed;
  }

  [[gnu::noinline]] static void *take_slow() noexcept {
    Local &mine = local;
    if (!open(mine)) {
      Node *node = store.take(Bytes, 1);
      if (node && node->count > 1)
        store.give(node->next, node->count - 1);
      return node;
    }
    if (mine.spare) {
      mine.first = mine.spare;
      mine.count = list_length;
      mine.spare = nullptr;
    } else {
      mine.first = store.take(Bytes, list_length);
      if (!mine.first)
        return nullptr;
      mine.count = mine.first->count;
    }
    return take();
  }

  [[gnu::noinline]] static void give_slow(void *object) noexcept {
    Local &mine = local;
    if (!open(mine))
      return store.give(new (object) Node{nullptr, nullptr, 0}, 1);
    if (mine.count >= list_length) {
      if (mine.spare)
        store.give(mine.spare, list_length);
      mine.spare = mine.first;
      mine.first = nullptr;
      mine.count = 0;
    }
    give(object);
  }

  static constinit inline detail::FreeListStore store{};
  [[gnu::tls_model("initial-exec")]] static constinit inline thread_local Local local{};
};

} // namespace jit
