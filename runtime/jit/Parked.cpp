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
  while (code.kind() == OperandCode::value && trie->nodes[values[code.index()].node].view)
    code = trie->operands_of(trie->nodes[values[code.index()].node])[0];
  return code;
}

/// Whether a handle holds a value that waits here.
bool Session::is_held(std::uint32_t v) const noexcept {
  const Impl *const value = values[v].value;
  return value && holds(*value) && value->refs.load(std::memory_order_acquire) != abandoned_refs;
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
  held.clear();
  const std::uint64_t runs = path.hits.load(std::memory_order_relaxed);
  if (path.life.state() != PathState::active || !rebindings.empty() ||
      (runs < Deferral::first_probe && options().defer != DeferChoice::now))
    return false;
  held_of.resize(values.size());
  std::ranges::fill(held_of, 0);
  const OperandCode read = root_of(observed.slot);
  bool any = false;
  for (std::uint32_t v = 0; v < values.size(); ++v) {
    if (!live[v])
      continue;
    const OperandCode root = root_of(v);
    if (root.kind() != OperandCode::value)
      continue;
    std::uint32_t &place = held_of[root.index()];
    if (!place) {
      const Deferral::Use use =
          root == read ? Deferral::Use::store : use_of(path, root.index(), runs);
      held.push_back({root.index(), use, nullptr});
      place = static_cast<std::uint32_t>(held.size());
      any |= held[place - 1].waits();
    }
    held_of[v] = place;
  }
  if (!any || !is_worth_parking())
    held.clear();
  return !held.empty();
}

/// What waits without being stored keeps the inputs: those must not take more memory.
bool Session::is_worth_parking() const noexcept {
  std::size_t saved = 0, kept = 0;
  for (const Held &block : held)
    if (block.use == Deferral::Use::defer)
      saved += values[block.root].value->meta->bytes();
  if (saved == 0 || options().defer == DeferChoice::now)
    return true;
  for (const Impl *input : inputs)
    if (input->refs.load(std::memory_order_acquire) == 1)
      kept += input->storage->bytes;
  return kept <= saved;
}

/// What is needed by the live values, and by those that are stored and wait.
void Session::find_needed() noexcept {
  std::ranges::fill(needed, 0);
  needed_values.clear();
  live_view = false;
  bool deferred = false;
  for (const Held &block : held)
    deferred |= block.use == Deferral::Use::defer;
  // What waits is computed from the inputs, so no output may take the place of one.
  std::ranges::fill(pinned_input, deferred && !planted(SeededBug::deferred_input_donated));
  for (std::uint32_t v = 0; v < values.size(); ++v)
    if (live[v])
      need({OperandCode::value, v});
  for (const Held &block : held)
    if (block.use == Deferral::Use::probe)
      need({OperandCode::value, block.root});
}

/// The values that wait are not live for the program.
void Session::keep_waiting() noexcept {
  for (std::uint32_t v = 0; v < values.size(); ++v) {
    const Held *block = held_block(v);
    if (!live[v] || !block || !block->waits())
      continue;
    live[v] = 0;
    Impl &value = *values[v].value;
    if (value.refs.fetch_sub(1, std::memory_order_acq_rel) == 1) // its last handle went meanwhile
      value.refs.store(abandoned_refs, std::memory_order_relaxed);
  }
  find_needed();
}

/// No program runs that would let them wait.
void Session::take_back_waiting() noexcept {
  for (std::uint32_t v = 0; v < values.size(); ++v) {
    const Held *block = held_block(v);
    if (!block || !block->waits() || !is_held(v))
      continue;
    live[v] = 1;
    retain(values[v].value);
  }
  held.clear();
  find_needed();
}

/// After the program has run: only what waits stays here, with the inputs.
void Session::park() noexcept {
  for (std::uint32_t v = 0; v < values.size(); ++v) {
    Impl *&value = values[v].value;
    const Held *block = held_block(v);
    if (block && block->waits())
      continue;
    if (live[v])
      release(value);
    else if (holds(*value))
      free_unused(value);
    else
      free_impl(value);
    value = nullptr;
  }
  std::int64_t bytes = 0;
  std::uint32_t count = 0;
  for (const Held &block : held)
    if (block.waits() && !block.block) {
      bytes += static_cast<std::int64_t>(values[block.root].value->meta->bytes());
      ++count;
    }
  deferred_bytes.store(bytes, std::memory_order_relaxed);
  Path &path = parked_path();
  path.deferred_bytes.store(static_cast<std::uint64_t>(bytes), std::memory_order_relaxed);
  path.deferred_values.store(count, std::memory_order_relaxed);
  parked_at = path.hits.load(std::memory_order_relaxed);
  std::ranges::fill(live, 0);
  release_reserved();
  release_big_arena();
  is_parked = true;
}

// Afterwards ----------------------------------------------------------------------------------

Path &Session::parked_path() const noexcept {
  return *trie->terminals[trie->nodes[node].terminal].path;
}

/// The block's handles have gone, or one was needed.
void Session::learn(const Held &block, bool needed_now) noexcept {
  if (options().defer == DeferChoice::now)
    return;
  Path &path = parked_path();
  const std::unique_lock guard(path.missed_lock, std::try_to_lock);
  if (!guard)
    return;
  if (needed_now)
    path.deferral.touched(block.root, values.size(), parked_at);
  else
    path.deferral.untouched(block.root, values.size(), parked_at);
}

bool Session::is_held(const Held &block) const noexcept {
  for (std::uint32_t v = 0; v < values.size(); ++v)
    if (lies_in(v, block) && is_held(v))
      return true;
  return false;
}

/// Gives a block that is stored to all who hold it. Nothing of it waits any more.
void Session::hand_out(Held &block) noexcept {
  // Held meanwhile: another thread may let go of a value as soon as it is ready.
  for (std::uint32_t v = 0; v < values.size(); ++v)
    if (lies_in(v, block) && is_held(v)) {
      live[v] = 1;
      retain(values[v].value);
    }
  Impl *const root = values[block.root].value;
  if (!live[block.root])
    root->refs.store(1, std::memory_order_relaxed);
  set_ready(root, block.block, block.block->data);
  block.block = nullptr;
  block.use = Deferral::Use::store;
  for (std::uint32_t v = 0; v < values.size(); ++v)
    if (live[v] && v != block.root && !make_view(v))
      fail(values[v], *failure);
  for (std::uint32_t v = 0; v < values.size(); ++v) {
    if (!live[v] && v != block.root)
      continue;
    live[v] = 0;
    release(std::exchange(values[v].value, nullptr));
  }
}

/// Somebody needs a value that waits.
void Session::touch(const Impl &value, Garbage &left) noexcept {
  Held &block = *held_block(value.slot);
  learn(block, true);
  if (block.block)
    return hand_out(block);
  // The others are computed too, once, but that shows nothing about them.
  finish_locked(left, false);
}

/// Hands out, or computes op by op, what is held of all that waits. `needed_now`: all of that is
/// needed.
void Session::finish_locked(Garbage &left, bool needed_now) noexcept {
  for (Held &block : held) {
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
  for (std::uint32_t v = 0; v < values.size(); ++v) {
    live[v] = is_held(v);
    if (!live[v])
      continue;
    any = true;
    retain(values[v].value);
  }
  if (any) {
    parked_path().computed_later.fetch_add(1, std::memory_order_relaxed);
    const std::uint64_t ns = replay_ns_per_op * trie->nodes[node].depth;
    anchor->state.debit(ns);
    Ledger::of_process().charge(ns);
    if (!replay())
      fail_pending();
  }
  deferred_bytes.store(0, std::memory_order_relaxed);
  clear(left);
}

bool Session::nobody_waits() noexcept {
  const OwnerGuard guard(lock);
  if (is_parked)
    for (std::uint32_t v = 0; v < values.size(); ++v)
      if (is_held(v))
        return false;
  return true;
}

void Session::finish() noexcept {
  Garbage left;
  const std::lock_guard guard(lock);
  if (is_parked)
    finish_locked(left, true);
}

} // namespace jit
