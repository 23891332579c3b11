// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// InternTable: immutable entries found by content, so that equal ones are one pointer. Shared by
// all threads without a lock; entries live as long as the process, hence the cap.
#pragma once

#include "runtime/base/PerThread.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace jit {

/// Folds one more word into a hash.
constexpr std::uint64_t hash_word(std::uint64_t hash, std::uint64_t word) noexcept {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 32;
}

/// Entries a thread found lately, in front of the table.
template <class Entry> struct InternCache {
  static constexpr std::size_t size = 64;
  std::array<const Entry *, size> entries{};
  void leave_thread() noexcept {}
};

/// Open addressing over slots that are written once, so that nobody waits for anybody: the compile
/// thread interns too, and may be preempted anywhere. Make it constinit: untouched pages of its
/// slots then cost nothing, and it is never destroyed.
template <class Entry> class InternTable {
public:
  static constexpr std::size_t capacity = 65'536;

  /// The entry for which `equal` holds, or the one that `make` returns (by new); nullptr past the
  /// cap.
  template <class Equal, class Make>
  const Entry *find_or_add(std::uint64_t hash, Equal &&equal, Make &&make) {
    using Recent = PerThread<InternCache<Entry>>;
    const std::size_t place = hash % InternCache<Entry>::size;
    const Entry *recent = Recent::get().entries[place];
    if (recent && equal(*recent))
      return recent;
    const Entry *found = look_up(hash, equal, make);
    if (InternCache<Entry> *cache = found ? Recent::make() : nullptr)
      cache->entries[place] = found;
    return found;
  }

  /// The same past what this thread remembers.
  template <class Equal, class Make>
  const Entry *look_up(std::uint64_t hash, Equal &&equal, Make &&make) {
    const Entry *made = nullptr;
    for (std::size_t at = hash >> 32;; ++at) {
      std::atomic<const Entry *> &slot = slots[at % slots.size()];
      const Entry *entry = slot.load(std::memory_order_acquire);
      if (!entry) {
        if (!made && !(made = add(make)))
          return nullptr;
        if (slot.compare_exchange_strong(entry, made, std::memory_order_acq_rel))
          return made;
      }
      if (equal(*entry)) {
        drop(made); // another thread was faster
        return entry;
      }
    }
  }

  /// The entry for which `equal` holds; nullptr if there is none.
  template <class Equal> const Entry *find(std::uint64_t hash, Equal &&equal) const {
    for (std::size_t at = hash >> 32;; ++at) {
      const Entry *entry = slots[at % slots.size()].load(std::memory_order_acquire);
      if (!entry || equal(*entry))
        return entry;
    }
  }

  std::size_t size() const noexcept { return count.load(std::memory_order_relaxed); }

private:
  template <class Make> const Entry *add(Make &make) {
    if (count.load(std::memory_order_relaxed) >= capacity)
      return nullptr;
    const Entry *made = make(); // may throw: counted afterwards
    if (count.fetch_add(1, std::memory_order_relaxed) < capacity)
      return made;
    drop(made);
    return nullptr;
  }
  void drop(const Entry *made) {
    if (!made)
      return;
    delete made;
    count.fetch_sub(1, std::memory_order_relaxed);
  }

  std::array<std::atomic<const Entry *>, 2 * capacity> slots{};
  std::atomic<std::size_t> count{0};
};

} // namespace jit
