// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The end of a segment: the program of the path runs, or the matched ops one by one.
#include "runtime/base/OutOfMemory.h"
#include "runtime/base/SeededBugs.h"
#include "runtime/jit/Anchor.h"
#include "runtime/jit/CheckMode.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/Mode.h"
#include "runtime/jit/Sequence.h"
#include "runtime/jit/Session.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/policy/Clock.h"
#include "runtime/tensor/NewImpl.h"
#include "runtime/trace/Recorder.h"

#include <algorithm>
#include <mutex>

namespace jit {

/// Notes that the block under a live value is needed: a view needs its base.
void Session::need(OperandCode code) noexcept {
  while (code.kind() == OperandCode::value && trie->nodes[values[code.index()].node].view) {
    code = trie->operands_of(trie->nodes[values[code.index()].node])[0];
    live_view = true;
  }
  if (code.kind() == OperandCode::input) {
    pinned_input[code.index()] = 1;
  } else if (!std::exchange(needed[code.index()], 1)) {
    needed_values.push_back(code.index());
  }
}

/// Finds the values with a handle, holds them until `clear`, and finds the values whose blocks they
/// need. False if there are none.
bool Session::find_live() noexcept {
  const std::size_t count = values.size();
  live.resize(count);
  needed.resize(count);
  needed_values.clear();
  pinned_input.resize(inputs.size());
  std::ranges::fill(pinned_input, 0);
  live_view = false;
  std::ranges::fill(needed, 0);
  bool any = false;
  std::uint8_t *const lives = live.begin();
  const Slot *const slots = values.begin();
  for (std::uint32_t v = 0; v < count; ++v) {
    Impl &value = *slots[v].value;
    lives[v] = value.refs.load(std::memory_order_acquire) != abandoned_refs &&
               !(planted(SeededBug::last_value_alone) && v + 1 != count);
    if (!lives[v])
      continue;
    any = true;
    retain(&value);
    need({OperandCode::value, v});
  }
  return any;
}

/// The first variant that stores every needed value, or null.
const Variant *Session::choose_variant(const Terminal &terminal) const noexcept {
  for (const Variant &variant : terminal.variants)
    if (std::ranges::all_of(needed_values, [&](std::uint32_t v) { return variant.stored[v]; }))
      return &variant;
  return nullptr;
}

/// An output may take over an input's block if nobody else can see its bytes.
bool Session::may_donate(std::uint32_t k, std::size_t bytes) const noexcept {
  const Impl &input = *inputs[k];
  const Storage &storage = *input.storage;
  const auto journaled = static_cast<std::uint32_t>(
      std::count_if(rebindings.begin(), rebindings.end(),
                    [&](const Rebinding &rebinding) { return rebinding.old_value == &input; }));
  if (planted(SeededBug::held_input_donated) && storage.bytes == bytes)
    return !storage.free_owner && input.data() == storage.data;
  return !pinned_input[k] && input.refs.load(std::memory_order_acquire) == 1 + journaled &&
         storage.refs.load(std::memory_order_acquire) == 1 && !storage.free_owner &&
         !(input.flags.load(std::memory_order_relaxed) & Impl::exported) &&
         storage.bytes == bytes && input.data() == storage.data;
}

/// A block for every output: an input's own where that is allowed, else a reserved or a new one.
/// All or nothing.
bool Session::acquire_outputs(const Variant &variant) noexcept {
  const std::vector<std::int32_t> &donors = variant.program->info().donated_input;
  blocks.clear();
  refused_donations = 0;
  if (expected != &variant)
    release_reserved();
  for (std::size_t j = 0; j < variant.outputs.size(); ++j) {
    const std::size_t bytes = values[variant.outputs[j]].value->meta->bytes();
    const std::int32_t donor = j < donors.size() ? donors[j] : -1;
    Storage *block = nullptr;
    if (donor >= 0 && may_donate(static_cast<std::uint32_t>(donor), bytes)) {
      block = inputs[static_cast<std::size_t>(donor)]->storage;
      retain(block);
    } else {
      if (donor >= 0 && j < max_guessed_outputs)
        refused_donations |= RunGuess{1} << (16 + j);
      block = expected ? std::exchange(reserved[j], nullptr) : nullptr;
      if (!block)
        block = new_storage(bytes);
    }
    if (!block) {
      for (Storage *taken : blocks)
        release(taken);
      return false;
    }
    blocks.push_back(block);
  }
  return true;
}

/// False: no memory, and nothing has changed.
bool Session::run_program(const Terminal &terminal, const Variant &variant) noexcept {
  if (!acquire_outputs(variant))
    return false;
  input_data.clear();
  for (Impl *input : inputs)
    input_data.push_back(input->data());
  output_data.clear();
  for (Storage *block : blocks)
    output_data.push_back(block->data);
  {
    const MxcsrGuard guard;
    const std::span<const Scalar> numbers =
        planted(SeededBug::scalar_baked) ? std::span<const Scalar>(terminal.path->graph.examples)
                                         : std::span<const Scalar>(scalars);
    variant.program->run({input_data, numbers, output_data, arena ? arena->data : nullptr});
  }
  std::uint64_t unused = 0;
  for (std::size_t j = 0; j < blocks.size(); ++j) {
    const std::uint32_t v = variant.outputs[j];
    set_ready(values[v].value, blocks[j], blocks[j]->data);
    if (!needed[v])
      unused += blocks[j]->bytes;
  }
  terminal.path->unused_bytes.store(unused, std::memory_order_relaxed);
  if (live_view)
    make_views();
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
  input_data.clear();
  for (Impl *input : inputs)
    input_data.push_back(input->data());
  blocks.clear();
  output_data.clear();
  for (std::uint32_t v : variant->outputs) {
    Storage *block =
        new_storage(values[v].value ? values[v].value->meta->bytes()
                                    : trie->nodes[values[v].node].result_metas[0]->bytes());
    if (!block)
      break;
    blocks.push_back(block);
    output_data.push_back(block->data);
  }
  if (blocks.size() == variant->outputs.size()) {
    const MxcsrGuard guard;
    variant->program->run({input_data, scalars, output_data, arena ? arena->data : nullptr});
    for (std::size_t j = 0; j < blocks.size(); ++j) {
      const Impl *value = values[variant->outputs[j]].value;
      if (value && value->where.load(std::memory_order_relaxed).state() == Where::ready)
        compared.push_back({value->meta, value->data(), blocks[j]->data, variant->outputs[j]});
    }
    report_difference(*terminal.path, compared);
  }
  for (Storage *block : blocks)
    release(block);
}

/// Some path that goes on from here: what the segment was on the way to.
Path &Session::path_ahead() const noexcept {
  const TrieNode *at = &trie->nodes[node];
  while (at->terminal == TrieNode::none)
    at = &trie->nodes[at->first_child];
  return *trie->terminals[at->terminal].path;
}

/// A path that ends here, with what is needed now as its outputs: hot, it gets a program. True if
/// the run was counted.
bool Session::offer_prefix(ExitReason reason) noexcept {
  const std::uint32_t depth = trie->nodes[node].depth;
  if (anchor->trie_is_old.load(std::memory_order_relaxed) &&
      !anchor->wants_recording.exchange(false, std::memory_order_relaxed)) { // perhaps known
    visits::followed(*anchor, {trie->sequences[node], depth, 0}, reason, halves);
    return true;
  }
  return if_memory([&] {
    Graph graph = matched_graph();
    graph.outputs.assign(needed_values.begin(), needed_values.end());
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

Session::Ended Session::flush(ExitReason reason) noexcept {
  const bool anything = find_live();
  const TrieNode &last = trie->nodes[node];
  const Terminal *terminal =
      last.terminal == TrieNode::none ? nullptr : &trie->terminals[last.terminal];
  Ended ended{true, false, nullptr, terminal ? terminal->path.get() : nullptr, last.depth};
  if (terminal)
    terminal->path->count_exit(reason == ExitReason::mismatch ? ExitReason::complete : reason);
  else
    path_ahead().count_exit(reason);
  if (!anything)
    return ended;
  if (!terminal && (at_boundary || ends_a_path(reason)))
    ended.counted = offer_prefix(reason);
  const bool checking = mode() == Mode::check;
  const bool may_run = terminal && !terminal->variants.empty() && reason != ExitReason::eager_turn;
  if (may_run && !checking) {
    const Variant *variant = choose_variant(*terminal);
    if (!variant) {
      terminal->path->count_exit(ExitReason::live_set);
      if (terminal->path->miss_outputs(needed))
        CompileThread::get().queue_variant(*anchor, *terminal->path);
    } else if (run_program(*terminal, *variant)) {
      if (trie->big_outputs)
        anchor->ran_last.store(refused_donations | last.terminal << 8 |
                                   static_cast<RunGuess>(variant - terminal->variants.data()),
                               std::memory_order_relaxed);
      terminal->path->hits.fetch_add(1, std::memory_order_relaxed);
      ended.ran = terminal->path.get();
      return ended;
    } else {
      terminal->path->count_exit(ExitReason::out_of_memory);
    }
  }
  if (may_run)
    terminal->path->replays.fetch_add(1, std::memory_order_relaxed);
  release_reserved(); // or there would be more memory in use than in an eager run
  if (!replay())
    fail_pending();
  else if (may_run && checking)
    check_against_program(*terminal);
  return ended;
}

Session::Garbage::~Garbage() {
  for (Impl *impl : *this)
    release(impl);
}

/// Lets everything go but what may call user code when freed (adopted memory).
void Session::clear(Garbage &to) noexcept {
  for (std::size_t v = 0; v < values.size(); ++v) {
    Impl *value = values[v].value;
    if (!value)
      continue;
    if (live[v])
      release(value);
    else if (holds(*value))
      free_unused(value);
    else
      free_impl(value);
  }
  for (Impl *input : inputs) {
    if (input->storage->free_owner)
      garbage.push_back(input);
    else
      release(input);
  }
  for (const Rebinding &rebinding : undo_is_left ? std::span<Rebinding>() : std::span(rebindings)) {
    rebinding.box->journaled_in.store(nullptr, std::memory_order_release);
    if (rebinding.old_value)
      garbage.push_back(rebinding.old_value);
  }
  if (!garbage.empty())
    to.swap(garbage);
  release_reserved();
  if (arena && arena->bytes >= big_arena)
    release_arena();
  values.clear();
  inputs.clear();
  scalars.clear();
  if (!undo_is_left)
    rebindings.clear();
  committed_inputs = committed_scalars = 0;
  bound_bytes = 0;
  is_open = false;
  trie = nullptr;
}

Session::Ended Session::close(ExitReason reason) noexcept {
  Garbage left;
  const std::lock_guard guard(lock);
  return close_locked(reason, left);
}

Session::Ended Session::close_locked(ExitReason reason, Garbage &left) noexcept {
  Ended ended{is_open};
  if (!is_open)
    return ended;
  if (node != 0)
    ended = flush(reason);
  clear(left);
  return ended;
}

Session::Matched Session::close_for_following(ExitReason reason) noexcept {
  Garbage left;
  const std::lock_guard guard(lock);
  Matched matched{sequence::begin, Recorder::next_serial()};
  if (!is_open)
    return matched;
  if (node != 0) {
    flush(reason);
    matched.sequence = trie->sequences[node];
    matched.ops = trie->nodes[node].depth;
    matched.values = static_cast<std::uint32_t>(values.size());
    for (std::uint32_t v = 0; v < values.size(); ++v) {
      if (!live[v] || !values[v].value)
        continue;
      values[v].value->recorded_value = v;
      values[v].value->recording.store(matched.stamp, std::memory_order_relaxed);
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
  at_boundary = path_ahead().flushed_from_outside(trie->nodes[node].depth);
  const std::uint64_t begin = cycles();
  outside.path = close_locked(reason, left).ran;
  outside.time = cycles() - begin;
}

void Session::close_all(ExitReason reason) noexcept {
  for (Session *session = all(); session; session = session->next)
    session->close(reason);
}

/// What was matched, as a graph whose outputs are not known yet.
Graph Session::matched_graph() {
  list_nodes();
  Graph graph;
  graph.name = anchor->trace->name;
  for (const Impl *input : inputs)
    graph.inputs.push_back(interned_twin(*input->meta)); // a node expects it
  for (const Scalar &scalar : scalars)
    graph.scalars.push_back(scalar.kind());
  graph.examples.assign(scalars.begin(), scalars.end());
  for (std::uint32_t matched : nodes) {
    const TrieNode &entry = trie->nodes[matched];
    GraphOp op{entry.op, entry.attrs, {}, entry.first_value, entry.results, trie->sites[matched]};
    const std::span<const OperandCode> codes = trie->operands_of(entry);
    op.operands.assign(codes.begin(), codes.end());
    for (std::uint8_t r = 0; r < entry.results; ++r)
      graph.values.push_back({entry.result_metas[r], static_cast<std::uint32_t>(graph.ops.size()),
                              entry.view && r == 0});
    graph.ops.push_back(std::move(op));
  }
  return graph;
}

/// After the flush.
void Session::hand_over(Prefix &prefix) {
  prefix.graph = matched_graph();
  for (Impl *input : inputs) {
    prefix.inputs.push_back(input);
    retain(input);
  }
  for (std::size_t v = 0; v < values.size(); ++v) {
    // Values that the flush has not computed are dead: nobody can use them again.
    const bool alive = live[v] && values[v].value;
    prefix.values.push_back(alive ? values[v].value : nullptr);
    if (alive)
      retain(values[v].value);
  }
}

Session::HandedOver Session::close_for_recording(ExitReason reason, Prefix &prefix) noexcept {
  Garbage left;
  const std::lock_guard guard(lock);
  if (!is_open)
    return HandedOver::lost;
  HandedOver handed = HandedOver::nothing;
  if (node != 0) {
    flush(reason);
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
