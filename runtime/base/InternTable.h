// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// InternTable: immutable entries found by content, so that equal ones are one pointer. Shared by
// all threads; entries live as long as the process, hence the cap.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace jit {

/// Folds one more word into a hash.
constexpr std::uint64_t hash_word(std::uint64_t hash, std::uint64_t word) noexcept {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 32;
}

/// Entries a thread found lately, in front of the table: a hit takes no lock. Make it a
/// thread_local with initial-exec access.
template <class Entry> struct InternCache {
  static constexpr std::size_t size = 64;
  std::array<const Entry *, size> entries{};
};

template <class Entry> class InternTable {
public:
  static constexpr std::size_t capacity = 65'536;

  /// The entry for which `equal` holds, or the one that `make` returns; nullptr past the cap.
  template <class Equal, class Make>
  const Entry *find_or_add(std::uint64_t hash, InternCache<Entry> &cache, Equal &&equal,
                           Make &&make) {
    const Entry *&recent = cache.entries[hash % InternCache<Entry>::size];
    if (recent && equal(*recent))
      return recent;
    const Entry *found = shards[hash >> 60].find_or_add(hash, equal, [&]() -> const Entry * {
      if (count.fetch_add(1, std::memory_order_relaxed) < capacity)
        return make();
      count.fetch_sub(1, std::memory_order_relaxed);
      return nullptr;
    });
    if (found)
      recent = found;
    return found;
  }

private:
  /// Open addressing, at most three quarters full.
  class alignas(64) Shard {
  public:
    template <class Equal, class Make>
    const Entry *find_or_add(std::uint64_t hash, Equal &equal, Make &&make) {
      std::lock_guard lock(mutex);
      if (slots.empty() || (used + 1) * 4 > slots.size() * 3)
        grow();
      std::size_t at = hash & (slots.size() - 1);
      for (; slots[at].entry; at = (at + 1) & (slots.size() - 1))
        if (slots[at].hash == hash && equal(*slots[at].entry))
          return slots[at].entry;
      const Entry *made = make();
      if (made) {
        slots[at] = {hash, made};
        ++used;
      }
      return made;
    }

  private:
    struct Slot {
      std::uint64_t hash = 0;
      const Entry *entry = nullptr;
    };
    void grow() {
      std::vector<Slot> old(slots.empty() ? 64 : slots.size() * 2);
      old.swap(slots);
      for (const Slot &slot : old) {
        if (!slot.entry)
          continue;
        std::size_t at = slot.hash & (slots.size() - 1);
        while (slots[at].entry)
          at = (at + 1) & (slots.size() - 1);
        slots[at] = slot;
      }
    }
    std::mutex mutex;
    std::vector<Slot> slots;
    std::size_t used = 0;
  };

  std::array<Shard, 16> shards;
  std::atomic<std::size_t> count{0};
};

} // namespace jit
