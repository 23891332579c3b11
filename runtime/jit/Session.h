// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Session: the pending values of one thread between two events. Ops are matched against a trie and
// not run; the flush runs the program of the path, or the ops one by one.
#pragma once

#include "runtime/jit/OwnerLock.h"
#include "runtime/jit/Trie.h"
#include "runtime/kernels/Execute.h"

#include <atomic>
#include <span>
#include <vector>

namespace jit {

struct Anchor;

/// Something that holds a tensor handle and wants its old value back if a replay fails.
struct RebindJournal {
  virtual void restore(Impl *old_value) noexcept = 0;
  virtual void forget() noexcept = 0;

protected:
  ~RebindJournal() = default;
};

/// One per thread, pooled and never freed: another thread may hold a stale pointer to it, so
/// whoever comes from outside locks first and then looks again at the value it came for.
///
/// Invariants: a pending value belongs to exactly one session, which holds a reference to it; after
/// a flush nothing of the session is pending; no thread holds the locks of two sessions.
class Session {
public:
  enum class Match : std::uint8_t {
    hit,
    miss,        ///< no child of the node matches
    closed,      ///< another thread has flushed the session
    needs_index, ///< an index operand has to be known first
    too_much,    ///< the inputs held are over the memory limit
    bad_index,   ///< an index operand is out of range, as `index_error` says; nothing has changed
  };

  /// The session of this thread from the pool.
  static Session *acquire();
  /// Back to the pool. Precondition: closed.
  static void give_back(Session *session) noexcept;

  /// Begins at the root of the anchor's trie. False if there is none or memory cannot be reserved.
  /// Owner only.
  bool open(Anchor &anchor);

  /// Ops matched so far. Owner only.
  std::size_t matched() const noexcept { return nodes.size(); }

  /// Matches one op; on a hit the results are pending and carry a reference for the caller.
  /// changed.
  Match match(OpKind op, const Attr *attrs, std::span<const Argument> arguments, Impl **results,
              ResultMetas &metas);

  /// Ends the segment: nothing is pending afterwards. Owner or any other thread; does nothing if
  /// the session is closed. Never throws. Returns the path whose program ran, or null.
  Path *close(ExitReason reason) noexcept;
  /// The same for a thread that needs `value`: only if it still waits here.
  void close_for(const Impl &value, ExitReason reason) noexcept;
  /// Closes every open session of the process.
  static void close_all(ExitReason reason) noexcept;

  /// Ends the segment after a miss by replay, and hands over what was matched so that recording can
  /// go on. Returns false if another thread was faster, or nothing was matched.
  struct Prefix {
    Graph graph;
    std::vector<Impl *> inputs; ///< a reference each
    std::vector<Impl *> values; ///< a reference each, or null if dead
    ~Prefix();
  };
  bool close_for_recording(ExitReason reason, Prefix &prefix) noexcept;

  /// Message of the last Match::bad_index. Owner only.
  const std::string &index_error() const noexcept { return index_message; }

  /// Whether `value` waits in this session at this moment.
  bool holds(const Impl &value) const noexcept {
    return value.where.load(std::memory_order_acquire) == Where::in(this);
  }
  /// Remembers that `box` lost `old_value` to a pending value; takes over the reference.
  bool journal(RebindJournal *box, Impl *old_value) noexcept;
  void forget_journal(const RebindJournal *box) noexcept;
  /// Frees what is kept for reuse. Precondition: closed.
  void trim() noexcept;

  /// For the handlers of fork: no session changes in between.
  static void lock_all() noexcept;
  static void unlock_all() noexcept;

  /// The snapshot this session reads; the compile thread frees no trie that is published here.
  std::atomic<const Trie *> published{nullptr};
  Session *next = nullptr; ///< list of all sessions, insert only

  static Session *all() noexcept;

private:
  struct Bounds;
  struct Slot {
    Impl *value; ///< one reference
    std::uint32_t node;
  };
  struct Rebinding {
    RebindJournal *box;
    Impl *old_value;
  };

  bool matches(const TrieNode &node, OpKind op, const Attr *attrs,
               std::span<const Argument> arguments) noexcept;
  bool operand_matches(OperandCode code, const ExpectedOperand &expected,
                       const Argument &argument) noexcept;
  Match check_indices(const TrieNode &node, std::span<const Argument> arguments);
  void forget_uncommitted() noexcept;
  const Meta *meta_of(OperandCode code) const noexcept;
  bool commit(std::uint32_t node, Impl **results) noexcept;
  bool over_memory_limit() noexcept;
  Argument argument(OperandCode code) const noexcept;

  // Flush.cpp: what happens at the end of a segment. The lock is held.
  Path *close_locked(ExitReason reason, std::vector<Impl *> &garbage) noexcept;
  Path *flush(ExitReason reason) noexcept;
  Path &path_ahead() const noexcept;
  void find_live() noexcept;
  const Variant *choose_variant(const Terminal &terminal) const noexcept;
  bool run_program(const Terminal &terminal, const Variant &variant) noexcept;
  bool acquire_outputs(const Variant &variant) noexcept;
  bool may_donate(std::uint32_t input, std::size_t bytes) const noexcept;
  void make_views() noexcept;
  bool make_view(std::uint32_t value) noexcept;
  bool replay() noexcept;
  bool replay_op(const TrieNode &node) noexcept;
  void fail_pending() noexcept;
  void check_against_program(const Terminal &terminal) noexcept;
  void clear(std::vector<Impl *> &garbage) noexcept;
  Graph matched_graph() const;

  OwnerLock lock;
  bool is_open = false;
  Anchor *anchor = nullptr;
  const Trie *trie = nullptr;
  std::uint32_t node = 0;
  std::vector<std::uint32_t> nodes; ///< matched, in order
  std::vector<Slot> values;
  std::vector<Impl *> inputs; ///< one reference each once committed
  std::vector<Scalar> scalars;
  std::size_t committed_inputs = 0, committed_scalars = 0;
  std::int64_t bound_bytes = 0;
  std::vector<Rebinding> rebindings;
  std::string index_message;

  // Scratch of a flush, kept to save allocations.
  std::vector<std::uint8_t> live;         ///< by value: held by somebody else
  std::vector<std::uint8_t> needed;       ///< by value: live, or the base of a live view
  std::vector<std::uint8_t> pinned_input; ///< by input: a live view shows it
  std::vector<Storage *> blocks;          ///< by output of the variant that runs
  std::vector<std::byte *> input_data, output_data;
  Storage *arena = nullptr; ///< for temporaries of programs; only grows
};

} // namespace jit
