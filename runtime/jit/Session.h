// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Session: the pending values of one thread between two events. Ops are matched against a trie and
// not run; the flush runs the program of the path, or the ops one by one.
#pragma once

#include "runtime/jit/Cursor.h"
#include "runtime/jit/Liveness.h"
#include "runtime/jit/OwnerLock.h"
#include "runtime/jit/PendingValues.h"
#include "runtime/jit/Reservation.h"
#include "runtime/jit/Visits.h"
#include "runtime/jit/Waiting.h"
#include "runtime/kernels/Execute.h"
#include "runtime/policy/Clock.h"

#include <atomic>
#include <span>
#include <vector>

namespace jit {

struct Anchor;

/// One per thread, pooled and never freed: another thread may hold a stale pointer to it, so
/// whoever comes from outside locks first and then looks again at the value it came for.
///
/// Invariants: a pending value belongs to exactly one session, which frees it if its last handle
/// goes before the flush: so handles of pending values are dropped without a locked instruction.
/// After a flush nothing of the session is pending; no thread holds the locks of two sessions.
class alignas(64) Session {
public:
  enum class Match : std::uint8_t {
    hit,
    miss,        ///< no known path goes on with it
    settled,     ///< the known paths that go on with it run eagerly
    eager_turn,  ///< the path that is taken wants an eager run, to be measured
    boundary,    ///< the path that was matched ends here in every run, and a segment begins
    no_memory,   ///< for what a run needs
    closed,      ///< another thread has flushed the session
    cut,         ///< the same, at a place where that keeps happening: a segment begins here
    needs_index, ///< an index operand has to be known first
    too_much,    ///< the inputs held are over the memory limit
    bad_index,   ///< an index operand is out of range, as `index_error` says; nothing has changed
  };

  /// A session of this thread, which has these halves, from the pool. Throws std::bad_alloc.
  static Session *acquire(OpenHalves &halves);
  /// Back to the pool. Precondition: closed.
  static void give_back(Session *session) noexcept;

  /// Begins at the root of the anchor's trie. False if there is none, or no memory. Owner only.
  bool open(Anchor &anchor);
  /// While this says so, `match` has to see every op: it may answer `eager_turn`. Owner only.
  bool probes() const noexcept { return probing; }
  OpenHalves *halves = nullptr; ///< the owner's

  /// Ops matched so far. Owner only.
  std::size_t matched() noexcept {
    const OwnerGuard guard(lock); // another thread may close it
    return is_open ? cursor.here().depth : 0;
  }

  /// Matches one op; on a hit the `count` results are pending and carry a reference for the caller.
  /// Else nothing has changed. Owner only.
  Match match(OpKind op, AttrWords attrs, std::span<const Argument> arguments, Impl **results,
              std::uint8_t &count);

  /// The same for the usual case: a value, or nullptr if `match` has to look. Owner only.
  Impl *match_plain(OpKind op, AttrWords attrs, std::span<Operand *const> operands) noexcept;
  /// The same for the step that is expected, or nullptr: then nothing has changed. Whether the
  /// session is open is not looked at: if the owner closes it there is no such step, and other
  /// threads leave news. Precondition: fence::is_one_sided(), and `step` is `upcoming()`.
  template <class... Operands>
  Impl *match_step(const ExpectedStep &step, const Operands &...operands) noexcept;
  /// The same where the step and its precondition are looked at here. Each op of the segment took
  /// this way or one of the first two.
  Impl *match_expected(OpKind op, std::span<Operand *const> operands) noexcept;
  /// What is expected after the last match. It is there until `leave_trie`, whoever closes the
  /// session. Owner only.
  const ExpectedStep &upcoming() const noexcept { return *next_step; }

  /// How a session was closed. `ran` and `path` stay valid until `leave_trie`.
  struct Ended {
    bool was_open = false;
    bool counted = false;  ///< the run has been told to `visits` already
    Path *ran = nullptr;   ///< whose program ran
    Path *path = nullptr;  ///< that ends here, if one does
    std::uint32_t ops = 0; ///< that were matched
    bool turn = false;     ///< `path` had an eager turn, known only at its end: it was replayed
    bool parked = false;   ///< some values wait here yet: the session cannot be used again
  };
  /// Ends the segment: nothing is pending afterwards. Owner or any other thread; does nothing if
  /// the session is closed. Never throws. `observed`: the value that is read, if others that are
  /// held need not be computed now; the caller has another session to go on with.
  Ended close(ExitReason reason, const Impl *observed = nullptr) noexcept;
  /// Whether nobody holds what waits in a parked session any more. Owner only.
  bool nobody_waits() noexcept;
  /// Computes what still waits in a parked session. Owner only; then `leave_trie`.
  void finish() noexcept;
  Session *next_parked = nullptr; ///< list of the owner's
  /// The owner has done with what `close` told: the trie may be freed.
  void leave_trie() noexcept { published.store(nullptr, std::memory_order_release); }
  /// Ends the segment, running what was matched op by op, or the program of a path that ends here.
  /// The values carry `stamp` afterwards, so that following goes on as if it had begun with them.
  struct Matched {
    std::uint64_t sequence = 0, stamp = 0;
    std::uint32_t ops = 0, values = 0;
  };
  Matched close_for_following(ExitReason reason) noexcept;
  /// What the path whose eager turn it is takes, in ns an op; and the path at hand, eagerly. Owner
  /// only; 0: not known.
  std::uint64_t turn_ns_per_op() const noexcept { return turn_ns; }
  std::uint32_t turn_path_id() const noexcept { return turn_path; }
  std::uint64_t flush_ns() noexcept;
  /// The same for a thread that needs `value`: only if it still waits here.
  void close_for(const Impl &value, ExitReason reason) noexcept;
  /// The path whose program another thread ran by closing this session, or null, and how long that
  /// took. Owner only, after the session was found closed.
  struct RunOutside {
    Path *path = nullptr;
    std::uint64_t time = 0;
  };
  RunOutside run_outside() noexcept {
    const OwnerGuard guard(lock);
    return std::exchange(outside, {});
  }
  /// Closes every open session of the process.
  static void close_all(ExitReason reason) noexcept;

  /// Ends the segment after a miss, and hands over what was matched so that recording can go on.
  struct Prefix {
    Graph graph;
    std::vector<Impl *> inputs; ///< a reference each
    std::vector<Impl *> values; ///< a reference each, or null if dead
    ~Prefix();
  };
  enum class HandedOver : std::uint8_t {
    prefix,
    nothing, ///< no op was matched
    lost,    ///< another thread was faster, or there was no memory
  };
  HandedOver close_for_recording(ExitReason reason, Prefix &prefix) noexcept;

  /// What a debugger sees of a value that waits here: a copy, with a reference.
  enum class Peek : std::uint8_t { computed, no_memory, elsewhere };
  struct Peeked {
    Peek outcome;
    Impl *copy;
  };
  /// Computes `value` aside; it stays pending, and nothing of the segment changes. Any thread that
  /// is not inside this session.
  Peeked peek(const Impl &value) noexcept;
  /// Whether this thread owns the session and was stopped inside it.
  bool is_entered() const noexcept { return lock.is_held_by_owner(); }

  /// Message of the last Match::bad_index. Owner only.
  const std::string &index_error() const noexcept { return index_message; }

  /// Whether `value` waits in this session at this moment.
  bool holds(const Impl &value) const noexcept { return pending.holds(value); }
  /// If `value`, whose last handle goes, still waits in this session, as `where` says, then it is
  /// left to the session, marked as abandoned, and nobody else may look at it again.
  bool abandon(Impl &value, Where where) noexcept;
  /// The same in the usual case; false: `abandon` has to look. Owner only. Precondition:
  /// fence::is_one_sided().
  bool abandon_quickly(Impl &value, Where where) noexcept {
    const bool done = lock.try_lock_as_owner() && PendingValues::take_abandoned(value, where);
    lock.unlock_as_owner();
    return done;
  }
  /// Remembers that `box` lost `old_value` to a pending value of this session. Once in a segment:
  /// what comes back is the value from before it. Owner only. Throws std::bad_alloc.
  void journal(RebindJournal &box, Impl *old_value);
  /// No session gives `box` anything back any more.
  static void forget_journal(RebindJournal &box) noexcept;
  /// Frees what is kept for reuse, if it is closed.
  void trim() noexcept;
  /// The same for every session that is closed now. Any thread.
  static void trim_all() noexcept;

  /// Whether a run got no memory that had rebound Variables: its owner has to be told. Owner only.
  bool lost_step() const noexcept {
    return pending.lost.load(std::memory_order_acquire) != nullptr;
  }
  /// Gives the Variables back what another thread's flush could not, and hands over why. The
  /// reference is the caller's. Owner only.
  ValueFailure *take_lost() noexcept;

  /// For the handlers of fork: no session changes in between.
  static void lock_all() noexcept;
  static void unlock_all(bool child) noexcept;

  /// The snapshot this session reads; the compile thread frees no trie that is published here.
  std::atomic<const Trie *> published{nullptr};
  Session *next = nullptr;      ///< list of all sessions, insert only
  Session *next_idle = nullptr; ///< list of those in the pool

  static Session *all() noexcept;
  /// Of all sessions: temporaries kept, and values that wait without being stored.
  static std::int64_t all_arena_bytes() noexcept;
  static std::int64_t all_deferred_bytes() noexcept;

private:
  struct Bounds;
  /// Values whose release may call user code: that is left for after the lock.
  struct Garbage : ReservedList<Impl *> {
    ~Garbage();
  };

  // Session.cpp and Match.h
  bool make_room(const PathSize &wanted) noexcept;
  bool make_garbage_room() noexcept;
  bool value_matches(const ExpectedOperand &expected, Impl &value) noexcept;
  bool fits(ExpectedWord expected, const Operand &operand) noexcept;
  /// The same, of numbers in a range too.
  bool fits_ranged(ExpectedWord expected, const Operand &operand) noexcept;
  bool binds(const Meta *meta, const Operand &operand) noexcept;
  Impl *match_binding(const ExpectedStep &step, std::span<Operand *const> operands) noexcept;
  template <class Operands>
  std::uint32_t find_child(OpKind op, AttrWords attrs, const Operands &operands) noexcept;
  Match check_indices(const TrieNode &node, std::span<const Argument> arguments);
  const Meta *meta_of(OperandCode code) const noexcept;
  bool wants_eager_turn(std::uint32_t node) noexcept;
  bool over_memory_limit() noexcept {
    return cursor.has_new_inputs() && cursor.inputs_too_big(reservation.arena_size());
  }
  bool has_memory() noexcept {
    return memory == Memory::had || (memory == Memory::wanted && reserve());
  }
  bool reserve() noexcept;
  DeviceNumber device_wanted() const noexcept;

  // Flush.cpp: the end of a segment. The lock is held.
  Ended close_locked(ExitReason reason, const Impl *observed, Garbage &left) noexcept;
  Ended flush(ExitReason reason, const Impl *observed) noexcept;
  bool offer_prefix(ExitReason reason) noexcept;
  const Variant *choose_variant(const Terminal &terminal) const noexcept;
  const Variant *variant_for(const Terminal &terminal) noexcept;
  bool run_compiled(const Terminal &terminal, const Impl *observed,
                    std::size_t live_values) noexcept;
  bool run_program(const Terminal &terminal, const Variant &variant) noexcept;
  bool acquire_outputs(const Variant &variant) noexcept;
  bool may_donate(std::uint32_t input, std::size_t bytes) const noexcept;
  void check_against_program(const Terminal &terminal) noexcept;
  void hand_over(Prefix &prefix);
  void let_values_go() noexcept;
  void clear(Garbage &to) noexcept;

  // Replay.cpp: matched ops one by one. The lock is held.
  Argument argument(OperandCode code) const noexcept;
  bool replay() noexcept;
  bool run_op(const TrieNode &node, std::span<Impl *const> copies,
              Produced *produced) const noexcept;
  bool replay_op(const TrieNode &node) noexcept;
  void make_views() noexcept;
  bool make_view(std::uint32_t value) noexcept;

  // Peek.cpp
  bool run_aside(const TrieNode &entry, std::span<Impl *> copies) const noexcept;
  bool show_stored(std::span<Impl *> copies) const noexcept;

  // Parked.cpp: values that are held and wait beyond the end of their segment. The lock is held.
  OperandCode root_of(std::uint32_t value) const noexcept;
  bool choose_waiting(const Path &path, const Impl &observed) noexcept;
  bool is_worth_parking() const noexcept;
  void keep_waiting() noexcept;
  void take_back_waiting() noexcept;
  void find_needed() noexcept;
  void park() noexcept;
  Path &parked_path() const noexcept { return *cursor.terminal()->path; }
  void touch(const Impl &value, Garbage &left) noexcept;
  void finish_locked(Garbage &left, bool needed_now) noexcept;
  void hand_out(Waiting::Held &block) noexcept;
  bool is_held(const Waiting::Held &block) const noexcept;
  bool is_anything_held() const noexcept;
  void learn(const Waiting::Held &block, bool needed_now) noexcept;

  OwnerLock lock;
  bool is_open = false;
  bool is_parked = false; ///< open, but all has been matched, and only what waits is pending
  bool probing = false;   ///< a path may want an eager run, and it is not known which is taken
  enum class Memory : std::uint8_t { wanted, had, refused };
  Memory memory = Memory::wanted; ///< for a run, asked for once, at the first op
  bool at_boundary = false; ///< another thread flushes, or has flushed, where that keeps happening
  /// A program has run, and has changed no values but the live ones, which `liveness` lists.
  bool ran_plainly = false;
  bool device_failed = false; ///< a program has begun and was refused: nothing may run again
  Anchor *anchor = nullptr;
  const ExpectedStep *next_step = &no_step; ///< the owner's
  Cursor cursor;
  PendingValues pending{this};
  Reservation reservation;
  Liveness liveness;
  Waiting waiting;
  PathSize room;   ///< of the lists in these
  Garbage garbage; ///< empty: room for what a close leaves to release
  std::uint64_t turn_ns = 0;
  std::uint32_t turn_path = 0;
  RunOutside outside;
  std::string index_message;
};

} // namespace jit
