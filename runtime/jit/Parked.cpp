// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parked sessions: at an observation values may be held that nobody looks at again, like named
// locals. They wait, pending, in the session, and are computed when somebody needs them, or never.
#include "runtime/base/Options.h"
#include "runtime/base/SeededBugs.h"
#include "runtime/jit/Anchor.h"
#include "runtime/jit/Session.h"
#include "runtime/policy/Ledger.h"
#include "runtime/tensor/NewImpl.h"

#include <algorithm>
#include <mutex>

namespace jit {

/// The value, or the input, in whose block the value lies.
OperandCode Session::root_of(std::uint32_t v) const noexcept {
  OperandCode code(OperandCode::value, v);
  while (code.kind() == OperandCode::value && cursor.trie->nodes[pending[code.index()].node].view)
    code = cursor.trie->operands_of(cursor.trie->nodes[pending[code.index()].node])[0];
  return code;
}

// At the observation --------------------------------------------------------------------------

static Deferral::Use use_of(const Path &path, std::uint32_t root, std::uint64_t runs) noexcept {
  constexpr std::size_t least_bytes = 4096; // a store of less costs less than all this
  if (options().defer == DeferChoice::now)
    return Deferral::Use::defer;
  return path.graph.values[root].meta->bytes() < least_bytes ? Deferral::Use::store
                                                             : path.deferral.use(root, runs);
}

/// Lists the blocks that live values lie in, and what is to become of each. False if none is to
/// wait; then the list is empty.
bool Session::choose_waiting(const Path &path, const Impl &observed) noexcept {
  waiting.clear();
  const std::uint64_t runs = path.hits.load(std::memory_order_relaxed);
  if (path.life.state() != PathState::active || !pending.rebindings.empty() ||
      (runs < Deferral::first_probe && options().defer != DeferChoice::now))
    return false;
  waiting.held_of.resize(pending.size());
  std::ranges::fill(waiting.held_of, 0);
  const OperandCode read = root_of(observed.slot());
  bool any = false;
  for (std::uint32_t v = 0; v < pending.size(); ++v) {
    if (!liveness.live[v])
      continue;
    const OperandCode root = root_of(v);
    if (root.kind() != OperandCode::value)
      continue;
    std::uint32_t &place = waiting.held_of[root.index()];
    if (!place) {
      const Deferral::Use use =
          root == read ? Deferral::Use::store : use_of(path, root.index(), runs);
      waiting.held.push_back({root.index(), use, nullptr});
      place = static_cast<std::uint32_t>(waiting.held.size());
      any |= waiting.held[place - 1].waits();
    }
    waiting.held_of[v] = place;
  }
  if (!any || !is_worth_parking())
    waiting.clear();
  return !waiting.empty();
}

/// What waits keeps the inputs: those must not take more memory.
bool Session::is_worth_parking() const noexcept {
  std::size_t saved = 0, kept = 0;
  for (const Waiting::Held &block : waiting.held)
    if (block.waits())
      saved += pending[block.root].value->meta->bytes();
  if (options().defer == DeferChoice::now)
    return true;
  for (const Impl *input : cursor.inputs)
    if (input->refs.load(std::memory_order_acquire) == 1)
      kept += input->storage->bytes;
  return kept <= saved;
}

/// What is needed by the live values, and by those that are stored and wait.
void Session::find_needed() noexcept {
  std::ranges::fill(liveness.needed, 0);
  liveness.needed_values.clear();
  liveness.live_view = false;
  bool deferred = false;
  for (const Waiting::Held &block : waiting.held)
    deferred |= block.is_deferred();
  // What waits is computed from the inputs, so no output may take the place of one.
  std::ranges::fill(liveness.pinned_input, deferred && !planted(SeededBug::deferred_input_donated));
  for (std::uint32_t v = 0; v < pending.size(); ++v)
    if (liveness.live[v])
      liveness.need({OperandCode::value, v}, cursor, pending);
  for (const Waiting::Held &block : waiting.held)
    if (block.use == Deferral::Use::probe)
      liveness.need({OperandCode::value, block.root}, cursor, pending);
}

/// The values that wait are not live for the program.
void Session::keep_waiting() noexcept {
  for (std::uint32_t v = 0; v < pending.size(); ++v) {
    const Waiting::Held *block = waiting.find(v);
    if (!liveness.live[v] || !block)
      continue;
    liveness.live[v] = 0;
    Impl &value = *pending[v].value;
    if (value.refs.fetch_sub(1, std::memory_order_acq_rel) == 1) // its last handle went meanwhile
      value.refs.store(abandoned_refs, std::memory_order_relaxed);
  }
  find_needed();
}

/// No program runs that would let them wait.
void Session::take_back_waiting() noexcept {
  for (std::uint32_t v = 0; v < pending.size(); ++v) {
    const Waiting::Held *block = waiting.find(v);
    if (!block || !pending.is_held(v))
      continue;
    liveness.live[v] = 1;
    retain(pending[v].value);
  }
  waiting.clear();
  find_needed();
}

/// After the program has run: only what waits stays here, with the inputs.
void Session::park() noexcept {
  for (std::uint32_t v = 0; v < pending.size(); ++v) {
    Impl *&value = pending[v].value;
    const Waiting::Held *block = waiting.find(v);
    if (block)
      continue;
    if (liveness.live[v])
      release(value);
    else
      pending.free(*value);
    value = nullptr;
  }
  std::int64_t bytes = 0;
  std::uint32_t count = 0;
  for (const Waiting::Held &block : waiting.held)
    if (block.waits() && !block.block) {
      bytes += static_cast<std::int64_t>(pending[block.root].value->meta->bytes());
      ++count;
    }
  waiting.deferred_bytes.store(bytes, std::memory_order_relaxed);
  Path &path = parked_path();
  path.deferred_bytes.store(static_cast<std::uint64_t>(bytes), std::memory_order_relaxed);
  path.deferred_values.store(count, std::memory_order_relaxed);
  waiting.runs = path.hits.load(std::memory_order_relaxed);
  reservation.release_reserved();
  reservation.release_big_arena();
  is_parked = true;
}

// Afterwards ----------------------------------------------------------------------------------

/// The block's handles have gone, or one was needed.
void Session::learn(const Waiting::Held &block, bool needed_now) noexcept {
  if (options().defer == DeferChoice::now)
    return;
  Path &path = parked_path();
  const std::unique_lock guard(path.missed_lock, std::try_to_lock);
  if (!guard)
    return;
  if (needed_now)
    path.deferral.touched(block.root, pending.size(), waiting.runs);
  else
    path.deferral.untouched(block.root, pending.size(), waiting.runs);
}

bool Session::is_held(const Waiting::Held &block) const noexcept {
  for (std::uint32_t v = 0; v < pending.size(); ++v)
    if (waiting.lies_in(v, block) && pending.is_held(v))
      return true;
  return false;
}

/// Gives a block that is stored to all who hold it. Nothing of it waits any more.
void Session::hand_out(Waiting::Held &block) noexcept {
  std::ranges::fill(liveness.live, 0);
  // Held meanwhile: another thread may let go of a value as soon as it is ready.
  for (std::uint32_t v = 0; v < pending.size(); ++v)
    if (waiting.lies_in(v, block) && pending.is_held(v)) {
      liveness.live[v] = 1;
      retain(pending[v].value);
    }
  Impl *const root = pending[block.root].value;
  if (!liveness.live[block.root])
    root->refs.store(1, std::memory_order_relaxed);
  set_ready(root, block.block, block.block->data);
  block.block = nullptr;
  block.use = Deferral::Use::store;
  for (std::uint32_t v = 0; v < pending.size(); ++v)
    if (liveness.live[v] && v != block.root && !make_view(v))
      pending.fail(pending[v], *cursor.trie);
  for (std::uint32_t v = 0; v < pending.size(); ++v) {
    Impl *&value = pending[v].value;
    if (liveness.live[v] || v == block.root)
      release(std::exchange(value, nullptr));
    else if (value && !pending.holds(*value)) // a view on the way to one that is held
      free_impl(std::exchange(value, nullptr));
  }
}

/// Somebody needs a value that waits.
void Session::touch(const Impl &value, Garbage &left) noexcept {
  Waiting::Held &block = *waiting.find(value.slot());
  learn(block, true);
  if (block.block)
    return hand_out(block);
  // The others are computed too, once, but that shows nothing about them.
  finish_locked(left, false);
}

/// Hands out, or computes op by op, what is held of all that waits. `needed_now`: all of that is
/// needed.
void Session::finish_locked(Garbage &left, bool needed_now) noexcept {
  for (Waiting::Held &block : waiting.held) {
    if (!block.waits())
      continue;
    const bool is_needed = is_held(block);
    if (!is_needed || needed_now)
      learn(block, is_needed);
    if (!block.block)
      continue;
    if (is_needed)
      hand_out(block);
    else
      release(std::exchange(block.block, nullptr));
  }
  bool any = false;
  for (std::uint32_t v = 0; v < pending.size(); ++v) {
    liveness.live[v] = pending.is_held(v);
    if (!liveness.live[v])
      continue;
    any = true;
    retain(pending[v].value);
  }
  if (any) {
    parked_path().computed_later.fetch_add(1, std::memory_order_relaxed);
    const std::uint64_t ns = replay_ns_per_op * cursor.here().depth;
    anchor->state.debit(ns);
    Ledger::of_process().charge(ns);
    if (!replay())
      pending.fail_all(*cursor.trie, lock.is_owner());
  }
  waiting.deferred_bytes.store(0, std::memory_order_relaxed);
  clear(left);
}

bool Session::is_anything_held() const noexcept {
  for (std::uint32_t v = 0; v < pending.size(); ++v)
    if (pending.is_held(v))
      return true;
  return false;
}

bool Session::nobody_waits() noexcept {
  const OwnerGuard guard(lock);
  return !is_parked || !is_anything_held();
}

void Session::finish() noexcept {
  Garbage left;
  const std::lock_guard guard(lock);
  if (is_parked)
    finish_locked(left, true);
}

} // namespace jit
