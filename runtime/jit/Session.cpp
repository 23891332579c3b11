// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Session.h"

#include "runtime/base/Options.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/jit/Anchor.h"
#include "runtime/jit/Match.h"
#include "runtime/jit/Mode.h"
#include "runtime/jit/Segment.h"
#include "runtime/trace/PendingIndices.h"

#include <algorithm>
#include <mutex>

namespace jit {

// The pool: a list of every session ever made, and one of the idle ones.
static std::atomic<Session *> every_session{nullptr};
static std::mutex idle_lock;
static constinit Session *idle_sessions = nullptr;

Session *Session::all() noexcept { return every_session.load(std::memory_order_acquire); }

/// Its lock is held, as in the next one: no session is made during a fork.
static Session *take_idle() {
  Session *session = idle_sessions;
  if (session)
    idle_sessions = session->next_idle;
  return session;
}

static Session *add_session() {
  auto *session = new Session;
  session->next = every_session.load(std::memory_order_relaxed);
  while (!every_session.compare_exchange_weak(session->next, session, std::memory_order_release,
                                              std::memory_order_relaxed)) {
  }
  return session;
}

Session *Session::acquire(OpenHalves &halves) {
  static std::once_flag prepared;
  std::call_once(prepared, fence::prepare);
  const std::lock_guard guard(idle_lock);
  Session *session = take_idle();
  if (!session)
    session = add_session();
  session->lock.own();
  session->halves = &halves;
  return session;
}

void Session::give_back(Session *session) noexcept {
  session->trim();
  session->leave_trie();
  session->halves = nullptr;
  session->lock.disown();
  const std::lock_guard guard(idle_lock);
  session->next_idle = idle_sessions;
  idle_sessions = session;
}

std::int64_t Session::all_arena_bytes() noexcept {
  std::int64_t bytes = 0;
  for (const Session *session = all(); session; session = session->next)
    bytes += session->reservation.arena_bytes.load(std::memory_order_relaxed);
  return bytes;
}

std::int64_t Session::all_deferred_bytes() noexcept {
  std::int64_t bytes = 0;
  for (const Session *session = all(); session; session = session->next)
    bytes += session->waiting.deferred_bytes.load(std::memory_order_relaxed);
  return bytes;
}

void Session::trim() noexcept {
  Garbage left;
  const std::lock_guard guard(lock);
  if (is_parked && !is_anything_held())
    finish_locked(left, true);
  if (!is_open) {
    reservation.release_arena();
    pending.free_places();
  }
}

void Session::trim_all() noexcept {
  for (Session *session = all(); session; session = session->next)
    session->trim();
}

// The list only grows at its head, so what was locked is found again from the same session on.
static Session *locked_from = nullptr;

void Session::lock_all() noexcept {
  idle_lock.lock();
  locked_from = all();
  for (Session *session = locked_from; session; session = session->next)
    session->lock.lock();
}

void Session::unlock_all(bool child) noexcept {
  for (Session *session = locked_from; session; session = session->next)
    child ? session->lock.unlock_in_child() : session->lock.unlock();
  idle_lock.unlock();
}

bool Session::open(Anchor &from) {
  // Publish, then look again: the compile thread frees a trie only if it is neither current nor
  // published.
  const Trie *current = from.trie.load(std::memory_order_acquire);
  for (;;) {
    published.store(current, std::memory_order_relaxed);
    fence::light();
    const Trie *now = from.trie.load(std::memory_order_acquire);
    if (now == current)
      break;
    current = now;
  }
  if (!current) {
    leave_trie();
    return false;
  }
  const OwnerGuard guard(lock);
  if (!(current->most <= room) && !make_room(current->most)) {
    leave_trie();
    return false;
  }
  anchor = &from;
  cursor.begin(*current);
  next_step = current->steps[0].next;
  memory = Memory::wanted;
  turn_ns = turn_path = 0;
  probing = from.probes.load(std::memory_order_relaxed) > 0 || options().turns > 0;
  at_boundary = false;
  lock.take_news();
  ran_plainly = false;
  waiting.clear();
  outside = {};
  is_open = true;
  return true;
}

/// Never less than before.
bool Session::make_room(const PathSize &path) noexcept {
  const PathSize most = {std::max(path.ops, room.ops), std::max(path.values, room.values),
                         std::max(path.inputs, room.inputs), std::max(path.scalars, room.scalars)};
  if (!pending.make_room(most.values) || !cursor.make_room(most) || !reservation.make_room(most) ||
      !liveness.make_room(most) || !waiting.make_room(most))
    return false;
  room = most;
  return true;
}

/// For the values that a close may leave: inputs, and what Variables held before.
bool Session::make_garbage_room() noexcept {
  const std::size_t most = room.inputs + pending.rebindings.capacity();
  return garbage.has_room(most) || garbage.reserve(most);
}

/// Of the op whose inputs have just been bound.
DeviceNumber Session::device_wanted() const noexcept {
  return cursor.inputs.empty() ? default_device() : cursor.inputs[0]->meta->device;
}

/// Before the first op is matched: all that running needs but small outputs and those that were
/// not expected.
bool Session::reserve() noexcept {
  memory = Memory::refused;
  if (!make_garbage_room() || !pending.prepare_failure() ||
      !reservation.make(*cursor.trie, anchor->ran_last.load(std::memory_order_relaxed),
                        mode() != Mode::check, device_wanted()))
    return false;
  memory = Memory::had;
  return true;
}

/// The session's values as a source of index bounds.
struct Session::Bounds {
  const Session &session;
  Impl &input(std::uint32_t k) const { return *session.cursor.inputs[k]; }
  const Meta *meta(OperandCode code) const {
    return code.kind() == OperandCode::scalar ? nullptr : session.meta_of(code);
  }
  ValueMaker maker(std::uint32_t value) const {
    const TrieNode &entry = session.cursor.trie->nodes[session.pending[value].node];
    return {entry.op,
            entry.attrs,
            {session.cursor.trie->codes.data() + entry.first_operand, entry.operand_count},
            value - entry.first_value};
  }
};

const Meta *Session::meta_of(OperandCode code) const noexcept {
  return code.kind() == OperandCode::value ? pending[code.index()].value->meta
                                           : cursor.inputs[code.index()]->meta;
}

Session::Match Session::check_indices(const TrieNode &candidate,
                                      std::span<const Argument> arguments) {
  const AttrWords attrs = candidate.attrs ? AttrWords(candidate.attrs->words) : AttrWords();
  Impl &index = *arguments[info(candidate.op).index_check->operand].impl;
  if (holds(index))
    return provably_within(Bounds{*this}, {OperandCode::value, index.slot()},
                           allowed_indices(candidate.op, attrs, arguments))
               ? Match::hit
               : Match::needs_index;
  static const Impl *checked = nullptr; // of one thread, and of that bug only
  if (planted(SeededBug::range_checked_once) && std::exchange(checked, &index) == &index)
    return Match::hit;
  if (!can_know_range(index))
    return Match::miss; // the eager op says why
  auto message = jit::check_indices(candidate.op, attrs, arguments);
  if (!message)
    return Match::hit;
  index_message = std::move(*message);
  return Match::bad_index;
}

/// Whether this run is to be an eager one for a path that ends at the node or below. From a
/// deciding node on each path is the beginning of the next.
bool Session::wants_eager_turn(std::uint32_t at) noexcept {
  probing = false;
  for (; at != TrieNode::none; at = cursor.trie->nodes[at].first_child) {
    const std::uint32_t terminal = cursor.trie->nodes[at].terminal;
    if (terminal == TrieNode::none)
      continue;
    const Path &path = *cursor.trie->terminals[terminal].path;
    if (!halves->wants_eager(path))
      continue;
    turn_path = path.id;
    turn_ns = path.eager_ns.load(std::memory_order_relaxed) / path.graph.ops.size();
    return true;
  }
  return false;
}

Session::Match Session::match(OpKind op, AttrWords attrs, std::span<const Argument> arguments,
                              Impl **results, std::uint8_t &count) {
  const OwnerGuard guard(lock);
  if (!is_open && !planted(SeededBug::owner_not_told)) [[unlikely]]
    return at_boundary ? Match::cut : Match::closed;
  const std::uint32_t child = find_child(op, attrs, arguments);
  if (child == TrieNode::none) {
    const std::uint32_t end = cursor.trie->nodes[cursor.node].terminal;
    return end != TrieNode::none && cursor.trie->terminals[end].path->ends_at_boundary.load(
                                        std::memory_order_relaxed)
               ? Match::boundary
               : Match::miss;
  }
  const TrieNode &candidate = cursor.trie->nodes[child];
  Match outcome = candidate.settled ? Match::settled : Match::hit;
  if (outcome == Match::hit && probing &&
      (options().turns ? halves->draw(options().turns)
                       : cursor.trie->deciding[child] && wants_eager_turn(child)))
    outcome = Match::eager_turn;
  if (outcome == Match::hit && candidate.checks_index &&
      !if_memory([&] { outcome = check_indices(candidate, arguments); }))
    outcome = Match::miss; // the eager op finds the same, or throws
  if (outcome == Match::hit && over_memory_limit())
    outcome = Match::too_much;
  if (outcome == Match::hit && !has_memory())
    outcome = Match::no_memory;
  if (outcome == Match::hit && !pending.add_all(*cursor.trie, child, results))
    outcome = Match::no_memory;
  if (outcome != Match::hit) {
    cursor.forget_uncommitted();
    return outcome;
  }
  cursor.advance(child);
  next_step = cursor.trie->steps[child].next;
  count = candidate.results;
  return outcome;
}

std::uint64_t Session::flush_ns() noexcept {
  const OwnerGuard guard(lock);
  const std::uint32_t end = is_open ? cursor.trie->nodes[cursor.node].terminal : TrieNode::none;
  if (end == TrieNode::none)
    return 0;
  const Path &path = *cursor.trie->terminals[end].path;
  // A program is rarely more than ten times as fast.
  return path.eager_ns.load(std::memory_order_relaxed) / 10;
}

bool Session::abandon(Impl &value, Where where) noexcept {
  const std::lock_guard guard(lock);
  return PendingValues::take_abandoned(value, where);
}

[[gnu::noinline]] static void let_pending_go(Impl &value, Where where) noexcept {
  if (!where.session()->abandon(value, where))
    let_last_go(value);
}

/// The last handle goes.
void detail::destroy(ValueHead *head) noexcept {
  Impl &value = *static_cast<Impl *>(head);
  const Where where = value.where.load(std::memory_order_acquire);
  if (where.state() != Where::pending)
    return let_last_go(value);
  Session *const session = where.session();
  if (session != thread_trace.quick || !session->abandon_quickly(value, where)) [[unlikely]]
    let_pending_go(value, where);
}

void Session::journal(RebindJournal &box, Impl *old_value) {
  if (box.journaled_in.load(std::memory_order_acquire) == this)
    return;
  {
    const OwnerGuard guard(lock);
    if (pending.rebindings.size() == pending.rebindings.capacity())
      pending.rebindings.reserve(std::max<std::size_t>(8, 2 * pending.rebindings.capacity()));
    if (!make_garbage_room())
      throw std::bad_alloc();
  }
  forget_journal(box);
  const OwnerGuard guard(lock);
  if (!is_open)
    return;
  retain(old_value);
  pending.rebindings.push_back({&box, old_value});
  box.journaled_in.store(this, std::memory_order_release);
}

void Session::forget_journal(RebindJournal &box) noexcept {
  Session *session = box.journaled_in.load(std::memory_order_acquire);
  if (!session)
    return;
  Impl *old_value = nullptr;
  {
    const std::lock_guard guard(session->lock);
    std::erase_if(session->pending.rebindings, [&](const PendingValues::Rebinding &rebinding) {
      if (rebinding.box == &box)
        old_value = rebinding.old_value;
      return rebinding.box == &box;
    });
    box.journaled_in.store(nullptr, std::memory_order_release);
  }
  if (old_value)
    release(old_value); // not under the lock: it may wait in the session
}

} // namespace jit
