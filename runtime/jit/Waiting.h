// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Waiting: the blocks that handles hold at an observation, of which some need not be there yet.
#pragma once

#include "runtime/base/ReservedList.h"
#include "runtime/jit/Trie.h"
#include "runtime/policy/Deferral.h"
#include "runtime/tensor/Impl.h"

#include <atomic>

namespace jit {

struct Waiting {
  /// A block that is held, by handles of a value and of views of it.
  struct Held {
    std::uint32_t root; ///< the value that is no view
    Deferral::Use use;  ///< store: it is handed out as ever, else it waits
    Storage *block;     ///< of what waits, if the program has stored it; else null
    bool waits() const noexcept { return use != Deferral::Use::store; }
    bool is_deferred() const noexcept { return use == Deferral::Use::defer; }
  };

  bool make_room(const PathSize &most) noexcept {
    return held.reserve(most.values) && held_of.reserve(most.values);
  }
  bool empty() const noexcept { return held.empty(); }
  void clear() noexcept { held.clear(); }
  /// The block that the value lies in if it waits, or null.
  Held *find(std::uint32_t value) noexcept {
    if (held.empty() || !held_of[value])
      return nullptr;
    Held &block = held[held_of[value] - 1];
    return block.waits() ? &block : nullptr;
  }
  bool lies_in(std::uint32_t value, const Held &block) const noexcept {
    return held_of[value] && &held[held_of[value] - 1] == &block;
  }

  ReservedList<Held> held;                     ///< empty: nothing waits
  ReservedList<std::uint32_t> held_of;         ///< by value: its place there plus 1, or 0
  std::uint64_t runs = 0;                      ///< of the path's program before
  std::atomic<std::int64_t> deferred_bytes{0}; ///< of blocks that are not stored
};

} // namespace jit
