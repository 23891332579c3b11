// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Session: the pending values of one thread between two events. Ops are matched against a trie and
// not run; the flush runs the program of the path, or the ops one by one.
#pragma once

#include "runtime/base/ReservedList.h"
#include "runtime/jit/OwnerLock.h"
#include "runtime/jit/Trie.h"
#include "runtime/jit/Visits.h"
#include "runtime/kernels/Execute.h"
#include "runtime/policy/Clock.h"

#include <atomic>
#include <span>
#include <vector>

namespace jit {

struct Anchor;

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

/// One per thread, pooled and never freed: another thread may hold a stale pointer to it, so
/// whoever comes from outside locks first and then looks again at the value it came for.
///
/// Invariants: a pending value belongs to exactly one session, which frees it if its last handle
/// goes before the flush: so handles of pending values are dropped without a locked instruction.
/// After a flush nothing of the session is pending; no thread holds the locks of two sessions.
class Session {
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

  /// The session of this thread from the pool.
  static Session *acquire();
  /// Back to the pool. Precondition: closed.
  static void give_back(Session *session) noexcept;

  /// Begins at the root of the anchor's trie. False if there is none, or no memory. Owner only.
  bool open(Anchor &anchor);
  /// While this says so, `match` has to see every op: it may answer `eager_turn`. Owner only.
  bool probes() const noexcept { return probing; }
  OpenHalves halves; ///< owner only
  Stopwatch spent;   ///< inside the runtime in this segment, if it is timed; owner only

  /// Ops matched so far. Owner only.
  std::size_t matched() noexcept {
    const OwnerGuard guard(lock); // another thread may close it
    return is_open ? trie->nodes[node].depth : 0;
  }

  /// Matches one op; on a hit the `count` results are pending and carry a reference for the caller.
  /// Else nothing has changed. Owner only.
  Match match(OpKind op, AttrWords attrs, std::span<const Argument> arguments, Impl **results,
              std::uint8_t &count);

  /// The same for the usual case: a value, or nullptr if `match` has to look. Owner only.
  Impl *match_plain(OpKind op, AttrWords attrs, std::span<Operand *const> operands) noexcept;

  /// How a session was closed. `ran` and `path` stay valid until `leave_trie`.
  struct Ended {
    bool was_open = false;
    bool counted = false;  ///< the run has been told to `visits` already
    Path *ran = nullptr;   ///< whose program ran
    Path *path = nullptr;  ///< that ends here, if one does
    std::uint32_t ops = 0; ///< that were matched
  };
  /// Ends the segment: nothing is pending afterwards. Owner or any other thread; does nothing if
  /// the session is closed. Never throws.
  Ended close(ExitReason reason) noexcept;
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
  bool holds(const Impl &value) const noexcept {
    return value.where.load(std::memory_order_acquire) == Where::in(this);
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
  bool lost_step() const noexcept { return lost.load(std::memory_order_acquire) != nullptr; }
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

private:
  friend bool abandon(Impl &value, Session &session) noexcept;
  /// Under the lock.
  bool take_abandoned(Impl &value) noexcept {
    const bool waits = holds(value);
    if (waits)
      value.refs.store(abandoned_refs, std::memory_order_relaxed);
    return waits;
  }
  struct Bounds;
  struct Slot {
    Impl *value; ///< a reference only while a flush runs and if it is live
    std::uint32_t node;
  };
  struct Rebinding {
    RebindJournal *box;
    Impl *old_value;
  };
  /// Values whose release may call user code: that is left for after the lock.
  struct Garbage : ReservedList<Impl *> {
    ~Garbage();
  };

  bool value_matches(const ExpectedOperand &expected, Impl &value) noexcept;
  template <class Operands>
  std::uint32_t find_child(OpKind op, AttrWords attrs, const Operands &operands) noexcept;
  Match check_indices(const TrieNode &node, std::span<const Argument> arguments);
  void forget_uncommitted() noexcept;
  const Meta *meta_of(OperandCode code) const noexcept;
  Impl *add_value(std::uint32_t node, std::uint8_t result) noexcept;
  void advance(std::uint32_t node) noexcept;
  bool commit(std::uint32_t node, Impl **results) noexcept;
  bool over_memory_limit() noexcept;
  bool inputs_too_big() noexcept;
  Argument argument(OperandCode code) const noexcept;
  bool has_memory() noexcept {
    return memory == Memory::had || (memory == Memory::wanted && reserve());
  }
  bool reserve() noexcept;
  bool reserve_arena(std::size_t bytes) noexcept;
  void release_arena() noexcept;
  bool wants_eager_turn(std::uint32_t node) noexcept;
  bool reserve_outputs(const Trie &trie, RunGuess guess) noexcept;
  void release_reserved() noexcept {
    if (expected) [[unlikely]]
      release_blocks();
  }
  void release_blocks() noexcept;
  bool make_room(const PathSize &wanted) noexcept;
  bool make_garbage_room() noexcept;

  // Flush.cpp and SessionReplay.cpp: what happens at the end of a segment. The lock is held.
  Ended close_locked(ExitReason reason, Garbage &left) noexcept;
  Ended flush(ExitReason reason) noexcept;
  Path &path_ahead() const noexcept;
  bool offer_prefix(ExitReason reason) noexcept;
  void list_nodes() noexcept;
  bool find_live() noexcept;
  void need(OperandCode code) noexcept;
  const Variant *choose_variant(const Terminal &terminal) const noexcept;
  bool run_program(const Terminal &terminal, const Variant &variant) noexcept;
  bool acquire_outputs(const Variant &variant) noexcept;
  bool may_donate(std::uint32_t input, std::size_t bytes) const noexcept;
  void make_views() noexcept;
  bool make_view(std::uint32_t value) noexcept;
  bool replay() noexcept;
  bool replay_op(const TrieNode &node) noexcept;
  void fail_pending() noexcept;
  std::vector<bool> needed_for(std::uint32_t last) const;
  bool run_aside(const TrieNode &entry, std::vector<Impl *> &copies) const noexcept;
  void undo_rebindings() noexcept;
  void check_against_program(const Terminal &terminal) noexcept;
  void hand_over(Prefix &prefix);
  void clear(Garbage &to) noexcept;
  Graph matched_graph();

  OwnerLock lock;
  bool is_open = false;
  bool probing = false; ///< a path may want an eager run, and it is not known which is taken
  std::uint64_t turn_ns = 0;
  std::uint32_t turn_path = 0;
  enum class Memory : std::uint8_t { wanted, had, refused };
  Memory memory = Memory::wanted; ///< for a run, asked for once, at the first op
  bool at_boundary = false; ///< another thread flushes, or has flushed, where that keeps happening
  RunOutside outside;
  Anchor *anchor = nullptr;
  const Trie *trie = nullptr;
  std::uint32_t node = 0;
  ReservedList<Slot> values;
  ReservedList<Impl *> inputs; ///< one reference each once committed
  ReservedList<Scalar> scalars;
  std::size_t committed_inputs = 0, committed_scalars = 0;
  std::int64_t bound_bytes = 0;
  std::vector<Rebinding> rebindings;
  std::string index_message;

  PathSize room; ///< of the lists above and below
  // Scratch of a flush, kept to save allocations.
  ReservedList<std::uint32_t> nodes;         ///< of the trie, matched, in order
  ReservedList<std::uint8_t> live;           ///< by value: held by a handle
  ReservedList<std::uint8_t> needed;         ///< by value: live, or the base of a live view
  ReservedList<std::uint32_t> needed_values; ///< the same as a list
  ReservedList<std::uint8_t> pinned_input;   ///< by input: a live view shows it
  ReservedList<std::uint8_t> wanted;    ///< by value, in a replay: live, or a live one needs it
  ReservedList<std::uint32_t> last_use; ///< by value, in a replay: the last op that reads it
  Garbage garbage;                      ///< empty: room for what a close leaves to release
  ValueFailure *failure = nullptr;      ///< for a replay without memory
  std::atomic<ValueFailure *> lost{nullptr}; ///< of a run that rebound Variables
  bool undo_is_left = false;                 ///< to the owner, who may read the Variables
  bool live_view = false;                    ///< a live value is a view
  ReservedList<Storage *> blocks;            ///< by output of the variant that runs
  ReservedList<std::byte *> input_data, output_data;
  /// For temporaries of programs. A big one is given back with each run, a smaller one is kept, as
  /// large as the last 64 runs wanted it.
  Storage *arena = nullptr;
  static constexpr std::size_t big_arena = std::size_t{1} << 20;
  std::size_t most_wanted = 0; ///< of late
  std::uint32_t reservations = 0;
  /// Blocks for the big outputs of the variant that is expected; null for others.
  const Variant *expected = nullptr;
  ReservedList<Storage *> reserved;
  RunGuess refused_donations = 0; ///< of the run under way
};

} // namespace jit
