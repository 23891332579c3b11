// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The end of a segment: the program of the path runs, or the matched ops one by one.
#include "runtime/base/OutOfMemory.h"
#include "runtime/base/SeededBugs.h"
#include "runtime/jit/Anchor.h"
#include "runtime/jit/CheckMode.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/Mode.h"
#include "runtime/jit/Segment.h"
#include "runtime/jit/Sequence.h"
#include "runtime/jit/Session.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/policy/Clock.h"
#include "runtime/tensor/NewImpl.h"
#include "runtime/tensor/PackedMatrix.h"
#include "runtime/trace/Recorder.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace jit {

/// Of the variants that store every needed value the one that stores least, or null.
const Variant *Session::choose_variant(const Terminal &terminal) const noexcept {
  const Variant *least = nullptr;
  for (const Variant &variant : terminal.variants)
    if ((!least || variant.bytes < least->bytes) &&
        std::ranges::all_of(liveness.needed_values,
                            [&](std::uint32_t v) { return variant.stored[v]; }))
      least = &variant;
  return least;
}

/// The variant to run, or null; asks for one that fits, or fits better.
const Variant *Session::variant_for(const Terminal &terminal) noexcept {
  Path &path = *terminal.path;
  const Variant *variant = choose_variant(terminal);
  const auto stored_in_vain = [&](const Waiting::Held &block) {
    return block.is_deferred() && variant->stored[block.root];
  };
  if (variant && (waiting.empty() || path.has_no_exact_place.load(std::memory_order_relaxed) ||
                  std::ranges::none_of(waiting.held, stored_in_vain)))
    return variant;
  if (!variant) {
    path.count_exit(ExitReason::live_set);
    if (!waiting.empty()) // then none stores what waits besides
      take_back_waiting();
  }
  if (path.miss_outputs(liveness.needed, variant != nullptr) && CompileThread::get().has_compiler())
    CompileThread::get().queue_variant(*anchor, path);
  return variant;
}

/// An output may take over an input's block if nobody else can see its bytes.
bool Session::may_donate(std::uint32_t k, std::size_t bytes) const noexcept {
  const Impl &input = *cursor.inputs[k];
  const Storage &storage = *input.storage;
  if (planted(SeededBug::held_input_donated) && storage.bytes == bytes)
    return !storage.free_owner && input.data() == storage.data;
  // What a device has begun cannot be undone, and Variables may have to get their values back.
  if (storage.device && pending.times_journaled(input) > 0)
    return false;
  return !liveness.pinned_input[k] &&
         input.refs.load(std::memory_order_acquire) == 1 + pending.times_journaled(input) &&
         storage.refs.load(std::memory_order_acquire) == 1 && !storage.free_owner &&
         !(input.flags.load(std::memory_order_relaxed) & Impl::exported) &&
         storage.bytes == bytes && input.data() == storage.data;
}

/// A block for every output: an input's own where that is allowed, else a reserved or a new one.
/// All or nothing.
bool Session::acquire_outputs(const Variant &variant) noexcept {
  const std::vector<std::int32_t> &donors = variant.program->info().donated_input;
  reservation.blocks.clear();
  reservation.refused_donations = 0;
  if (reservation.expected != &variant)
    reservation.release_reserved();
  for (std::size_t j = 0; j < variant.outputs.size(); ++j) {
    const std::size_t bytes = pending[variant.outputs[j]].value->meta->bytes();
    const std::int32_t donor = j < donors.size() ? donors[j] : -1;
    Storage *block = nullptr;
    if (donor >= 0 && may_donate(static_cast<std::uint32_t>(donor), bytes)) {
      block = cursor.inputs[static_cast<std::size_t>(donor)]->storage;
      retain(block);
      if (block->device)
        block->device->drop_host_copy(*block);
    } else {
      if (donor >= 0 && j < max_guessed_outputs)
        reservation.refused_donations |= RunGuess{1} << (16 + j);
      block = reservation.take(j, bytes);
    }
    if (!block) {
      for (Storage *taken : reservation.blocks)
        release(taken);
      return false;
    }
    reservation.blocks.push_back(block);
  }
  return true;
}

/// False: no memory, and nothing has changed; or the device has failed, and inputs that gave their
/// blocks away are lost.
bool Session::run_program(const Terminal &terminal, const Variant &variant) noexcept {
  if (!acquire_outputs(variant))
    return false;
  reservation.input_data.clear();
  for (Impl *input : cursor.inputs)
    reservation.input_data.push_back(input->data());
  reservation.output_data.clear();
  for (Storage *block : reservation.blocks)
    reservation.output_data.push_back(block->data);
  reservation.weights.clear();
  for (const std::uint32_t k : variant.program->info().weights)
    reservation.weights.push_back(constant_storage(*cursor.inputs[k]));
  {
    const MxcsrGuard guard;
    const std::span<const Scalar> numbers =
        planted(SeededBug::scalar_baked) ? std::span<const Scalar>(terminal.path->graph.examples)
                                         : std::span<const Scalar>(cursor.scalars);
    if (!variant.program->run({reservation.input_data, numbers, reservation.output_data,
                               reservation.arena_data(), reservation.weights})) {
      for (Storage *block : reservation.blocks)
        release(block);
      device_failed = true;
      return false;
    }
  }
  std::uint64_t unused = 0;
  for (std::size_t j = 0; j < reservation.blocks.size(); ++j) {
    const std::uint32_t v = variant.outputs[j];
    Storage *const block = reservation.blocks[j];
    if (has_packed(*block)) [[unlikely]]
      drop_packed(*block); // donated: other bytes lie there now
    if (!liveness.needed[v])
      unused += block->bytes;
    if (Waiting::Held *held = waiting.find(v)) [[unlikely]]
      held->block = block;
    else if (liveness.needed[v])
      set_ready(pending[v].value, block, block->data);
    else
      release(block);
  }
  terminal.path->unused_bytes.store(unused, std::memory_order_relaxed);
  if (liveness.live_view)
    make_views();
  ran_plainly = waiting.empty() && !liveness.live_view;
  return true;
}

/// Mode check: the program runs too, into blocks of its own, and must give the same bits.
void Session::check_against_program(const Terminal &terminal) noexcept {
  const Variant *variant = choose_variant(terminal);
  if (!variant)
    return;
  std::vector<ComparedValue> compared;
  if (!if_memory([&] { compared.reserve(variant->outputs.size()); }))
    return;
  reservation.input_data.clear();
  for (Impl *input : cursor.inputs)
    reservation.input_data.push_back(input->data());
  reservation.blocks.clear();
  reservation.output_data.clear();
  for (std::uint32_t v : variant->outputs) {
    const Meta &meta = pending[v].value ? *pending[v].value->meta
                                        : *cursor.trie->nodes[pending[v].node].result_metas[0];
    Storage *block = new_storage(meta.bytes(), meta.device);
    if (!block)
      break;
    reservation.blocks.push_back(block);
    reservation.output_data.push_back(block->data);
  }
  if (reservation.blocks.size() == variant->outputs.size()) {
    const MxcsrGuard guard;
    const bool ran = variant->program->run({reservation.input_data, cursor.scalars,
                                            reservation.output_data, reservation.arena_data()});
    for (std::size_t j = 0; j < reservation.blocks.size(); ++j) {
      const Impl *value = pending[variant->outputs[j]].value;
      if (!ran || !value || value->where.load(std::memory_order_relaxed).state() != Where::ready)
        continue;
      const std::byte *eager = host_bytes(*value), *compiled = host_bytes(*reservation.blocks[j]);
      if (eager && compiled)
        compared.push_back({value->meta, eager, compiled, variant->outputs[j]});
    }
    report_difference(*terminal.path, compared);
  }
  for (Storage *block : reservation.blocks)
    release(block);
}

/// A path that ends here, with what is needed now as its outputs: hot, it gets a program. True if
/// the run was counted.
bool Session::offer_prefix(ExitReason reason) noexcept {
  const std::uint32_t depth = cursor.here().depth;
  if (anchor->trie_is_old.load(std::memory_order_relaxed) &&
      !anchor->wants_recording.exchange(false, std::memory_order_relaxed)) { // perhaps known
    visits::followed(*anchor, {cursor.trie->sequences[cursor.node], depth, 0}, reason, *halves);
    return true;
  }
  return if_memory([&] {
    Graph graph = cursor.graph(anchor->trace->name);
    graph.outputs.assign(liveness.needed_values.begin(), liveness.needed_values.end());
    std::ranges::sort(graph.outputs);
    visits::recorded(*anchor, std::move(graph), reason, 0);
  });
}

/// Reasons that end a segment where the program wants it to end, every time.
static bool ends_a_path(ExitReason reason) noexcept {
  return reason == ExitReason::observe || reason == ExitReason::scope_end ||
         reason == ExitReason::no_trace || reason == ExitReason::index_check ||
         reason == ExitReason::memory_limit;
}

/// The program of the path, for as many live values. False: nothing has run.
bool Session::run_compiled(const Terminal &terminal, const Impl *observed,
                           std::size_t live_values) noexcept {
  Path &path = *terminal.path;
  if (observed && live_values > 1 && choose_waiting(path, *observed)) [[unlikely]]
    keep_waiting();
  const Variant *variant = variant_for(terminal);
  if (!variant || !run_program(terminal, *variant)) {
    if (variant)
      path.count_exit(ExitReason::out_of_memory);
    if (!waiting.empty())
      take_back_waiting();
    return false;
  }
  if (cursor.trie->big_outputs)
    anchor->ran_last.store(reservation.refused_donations | cursor.here().terminal << 8 |
                               static_cast<RunGuess>(variant - terminal.variants.data()),
                           std::memory_order_relaxed);
  path.hits.fetch_add(1, std::memory_order_relaxed);
  return true;
}

Session::Ended Session::flush(ExitReason reason, const Impl *observed) noexcept {
  const std::size_t live_values = liveness.find(cursor, pending);
  const Terminal *terminal = cursor.terminal();
  Path *const path = terminal ? terminal->path.get() : nullptr;
  Ended ended{.was_open = true, .path = path, .ops = cursor.here().depth};
  const bool has_program = path && !terminal->variants.empty() && live_values > 0;
  // Where other paths part at the end of this one, it is known only now that this one was taken.
  ended.turn = has_program && probing && lock.is_owner() && halves->wants_eager(*path);
  if (!path)
    cursor.path_ahead().count_exit(reason);
  else if (ended.turn)
    path->count_exit(ExitReason::eager_turn);
  else
    path->count_exit(reason == ExitReason::mismatch ? ExitReason::complete : reason);
  if (live_values == 0)
    return ended;
  if (!path && (at_boundary || ends_a_path(reason)))
    ended.counted = offer_prefix(reason);
  const bool checking = mode() == Mode::check;
  const bool may_run = has_program && reason != ExitReason::eager_turn;
  if (may_run && !checking && !ended.turn && run_compiled(*terminal, observed, live_values)) {
    ended.ran = path;
    ended.parked = !waiting.empty();
    return ended;
  }
  if (may_run)
    path->replays.fetch_add(1, std::memory_order_relaxed);
  reservation.release_reserved(); // or there would be more memory in use than in an eager run
  if (std::exchange(device_failed, false) || !replay())
    pending.fail_all(*cursor.trie, lock.is_owner());
  else if (may_run && checking)
    check_against_program(*terminal);
  return ended;
}

Session::Garbage::~Garbage() {
  for (Impl *impl : *this)
    release(impl);
}

/// What handles hold is theirs, and what no handle holds waits to be used again.
void Session::let_values_go() noexcept {
  if (ran_plainly) { // the usual case: there is nothing to be looked for
    for (const std::uint32_t v : liveness.needed_values) {
      release(pending[v].value);
      pending.renew_place(v);
    }
    liveness.unset();
    return pending.leave_places();
  }
  liveness.forget_unset();
  for (std::uint32_t v = 0; v < pending.size(); ++v) {
    Impl *&value = pending[v].value;
    if (!value)
      continue;
    if (liveness.live[v])
      release(std::exchange(value, nullptr));
    else if (!pending.holds(*value)) // computed for others
      free_impl(std::exchange(value, nullptr));
  }
  pending.leave_places();
}

/// Lets everything go but what may call user code when freed (adopted memory).
void Session::clear(Garbage &to) noexcept {
  if (lock.is_owner()) {
    next_step = &no_step;
    thread_trace.expect_nothing();
  } else {
    lock.leave_news();
  }
  let_values_go();
  for (Impl *input : cursor.inputs) {
    if (input->storage->free_owner)
      garbage.push_back(input);
    else
      release(input);
  }
  if (!pending.undo_is_left) {
    for (const PendingValues::Rebinding &rebinding : pending.rebindings) {
      rebinding.box->journaled_in.store(nullptr, std::memory_order_release);
      if (rebinding.old_value)
        garbage.push_back(rebinding.old_value);
    }
    pending.rebindings.clear();
  }
  if (!garbage.empty())
    to.swap(garbage);
  reservation.release_reserved();
  reservation.release_big_arena();
  cursor.end();
  is_open = is_parked = false;
}

Session::Ended Session::close(ExitReason reason, const Impl *observed) noexcept {
  Garbage left;
  const std::lock_guard guard(lock);
  return close_locked(reason, observed, left);
}

Session::Ended Session::close_locked(ExitReason reason, const Impl *observed,
                                     Garbage &left) noexcept {
  Ended ended{is_open};
  if (!is_open)
    return ended;
  if (is_parked) {
    finish_locked(left, true);
    return {};
  }
  if (cursor.node != 0)
    ended = flush(reason, observed);
  if (ended.parked)
    park();
  else
    clear(left);
  return ended;
}

Session::Matched Session::close_for_following(ExitReason reason) noexcept {
  Garbage left;
  const std::lock_guard guard(lock);
  Matched matched{sequence::begin, Recorder::next_serial()};
  if (!is_open)
    return matched;
  if (cursor.node != 0) {
    flush(reason, nullptr);
    matched.sequence = cursor.trie->sequences[cursor.node];
    matched.ops = cursor.here().depth;
    matched.values = static_cast<std::uint32_t>(pending.size());
    for (std::uint32_t v = 0; v < pending.size(); ++v) {
      if (!liveness.live[v] || !pending[v].value)
        continue;
      pending[v].value->recorded_value = v;
      pending[v].value->recording.store(matched.stamp, std::memory_order_relaxed);
    }
  }
  clear(left);
  return matched;
}

void Session::close_for(const Impl &value, ExitReason reason) noexcept {
  Garbage left;
  const std::lock_guard guard(lock);
  if (!holds(value))
    return;
  if (is_parked)
    return touch(value, left);
  at_boundary = cursor.path_ahead().flushed_from_outside(cursor.here().depth);
  const std::uint64_t begin = cycles();
  outside.path = close_locked(reason, nullptr, left).ran;
  outside.time = cycles() - begin;
}

void Session::close_all(ExitReason reason) noexcept {
  for (Session *session = all(); session; session = session->next)
    session->close(reason);
}

/// After the flush.
void Session::hand_over(Prefix &prefix) {
  prefix.graph = cursor.graph(anchor->trace->name);
  for (Impl *input : cursor.inputs) {
    prefix.inputs.push_back(input);
    retain(input);
  }
  for (std::size_t v = 0; v < pending.size(); ++v) {
    // Values that the flush has not computed are dead: nobody can use them again.
    const bool alive = liveness.live[v] && pending[v].value;
    prefix.values.push_back(alive ? pending[v].value : nullptr);
    if (alive)
      retain(pending[v].value);
  }
}

Session::HandedOver Session::close_for_recording(ExitReason reason, Prefix &prefix) noexcept {
  Garbage left;
  const std::lock_guard guard(lock);
  if (!is_open)
    return HandedOver::lost;
  HandedOver handed = HandedOver::nothing;
  if (cursor.node != 0) {
    flush(reason, nullptr);
    handed = if_memory([&] { hand_over(prefix); }) ? HandedOver::prefix : HandedOver::lost;
  }
  clear(left);
  return handed;
}

Session::Prefix::~Prefix() {
  for (Impl *input : inputs)
    release(input);
  for (Impl *value : values)
    if (value)
      release(value);
}

} // namespace jit
