// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PendingValues: the values that wait in a session, and the Variables that hold some of them.
#pragma once

#include "runtime/base/ReservedList.h"
#include "runtime/base/SeededBugs.h"
#include "runtime/jit/Trie.h"
#include "runtime/ops/OpTable.h"
#include "runtime/tensor/NewImpl.h"
#include "runtime/tensor/Poison.h"
#include "runtime/trace/Recorder.h"

#include <atomic>
#include <vector>

namespace jit {

class Session;

/// Something that holds a tensor handle and wants its old value back if a replay fails.
struct RebindJournal {
  /// Puts the value back, with its reference.
  virtual void restore(Impl *old_value) noexcept = 0;
  /// The session that may do so, or null. Changed under its lock.
  std::atomic<Session *> journaled_in{nullptr};

protected:
  ~RebindJournal() = default;
};

/// Values are made in places: one under each number, with all set that stays, which segment after
/// segment uses again unless a handle has kept what was in it. A place that no value is in holds an
/// abandoned one, or null.
struct PendingValues {
  struct Slot {
    Impl *value; ///< a reference only while a flush runs and if it is live
    std::uint32_t node;
  };
  static_assert((Recorder::max_ops + 1) * max_results <= Where::most_slots);
  struct Rebinding {
    RebindJournal *box;
    Impl *old_value; ///< a reference
  };

  explicit PendingValues(const Session *session) noexcept
      : first_place(Where::in(session, 0)), session(session) {}
  bool make_room(std::size_t values) noexcept;

  Slot &operator[](std::size_t v) noexcept { return slots[v]; }
  const Slot &operator[](std::size_t v) const noexcept { return slots[v]; }
  std::size_t size() const noexcept { return slots.size(); }

  /// Whether the value waits here at this moment.
  bool holds(const Impl &value) const noexcept {
    return value.where.load(std::memory_order_acquire).is_in(session);
  }
  /// A value for a result of a node; its one reference is the caller's. Null: no memory.
  [[gnu::always_inline]] Impl *add(const Trie &trie, std::uint32_t node,
                                   std::uint8_t result) noexcept {
    const auto v = static_cast<std::uint32_t>(slots.size());
    if (!slots[v].value && !make_place(v)) [[unlikely]]
      return nullptr;
    occupy(slots[v], v, node);
    return made_anew(slots[v].value, trie.nodes[node].result_metas[result]);
  }
  /// The next place, number `v`, gets the result of a node.
  [[gnu::always_inline]] void occupy(Slot &slot, std::uint32_t v, std::uint32_t node) noexcept {
    slot.node = node;
    slots.resize(v + 1);
  }
  /// The value of a place, for the caller.
  [[gnu::always_inline]] static Impl *made_anew(Impl *value, const Meta *meta) noexcept {
    TRACEJIT_UNPOISON(value, sizeof(Impl));
    value->refs.store(1, std::memory_order_relaxed);
    value->flags.store(0, std::memory_order_relaxed);
    value->meta = meta;
    value->edge = {};
    return value;
  }
  /// False: no memory.
  bool make_place(std::uint32_t v) noexcept;
  /// What was in this place belongs to handles now.
  void renew_place(std::uint32_t v) noexcept {
    if (!planted(SeededBug::place_reused))
      make_place(v);
  }
  /// All places are free. Precondition: what is in them is abandoned, or null.
  void leave_places() noexcept;
  /// Gives the places back. Precondition: they are free.
  void free_places() noexcept;
  /// All results of the node, or none.
  bool add_all(const Trie &trie, std::uint32_t node, Impl **results) noexcept;
  /// A value whose last handle goes is left to the session. False: it does not wait any more.
  static bool take_abandoned(Impl &value, Where where) noexcept {
    if (value.where.load(std::memory_order_acquire) != where) [[unlikely]]
      return false;
    value.refs.store(abandoned_refs, std::memory_order_relaxed);
    return true;
  }
  /// Whether a handle holds a value that waits.
  bool is_held(std::uint32_t v) const noexcept {
    const Impl *const value = slots[v].value;
    return value && holds(*value) && value->refs.load(std::memory_order_acquire) != abandoned_refs;
  }
  /// Lets a value go that no handle holds, computed or not.
  void free(Impl &value) const noexcept { holds(value) ? free_unused(&value) : free_impl(&value); }

  /// How many Variables hold this value's place, since what they hold now is pending.
  std::uint32_t times_journaled(const Impl &value) const noexcept;
  /// Gives the Variables their old values back.
  void undo_rebindings() noexcept;

  /// For a replay without memory; made ahead.
  bool prepare_failure() noexcept;
  /// The value could not be computed. The first one is the one that is told.
  void fail(const Slot &slot, const Trie &trie) noexcept;
  /// What still waits could not be computed. Whoever assigned it to Variables is told (`lost`), and
  /// they get their old values back: at once if `by_owner`, who may be reading them.
  void fail_all(const Trie &trie, bool by_owner) noexcept;

  const Where first_place; ///< where value 0 waits
  ReservedList<Slot> slots;
  std::vector<Rebinding> rebindings;
  ValueFailure *failure = nullptr;
  std::atomic<ValueFailure *> lost{nullptr}; ///< of a run that rebound Variables
  bool undo_is_left = false;                 ///< to the owner

private:
  const Session *const session;
};

} // namespace jit
