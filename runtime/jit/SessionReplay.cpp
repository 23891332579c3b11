// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running matched ops one by one: what a flush does where no program fits, and for held views.
#include "runtime/base/SeededBugs.h"
#include "runtime/jit/Session.h"
#include "runtime/tensor/NewImpl.h"
#include "runtime/trace/Recorder.h"

#include <algorithm>

namespace jit {

Argument Session::argument(OperandCode code) const noexcept {
  switch (code.kind()) {
  case OperandCode::value:
    return {values[code.index()].value, 0};
  case OperandCode::input:
    return {inputs[code.index()], 0};
  case OperandCode::scalar:
    if (planted(SeededBug::deferred_numbers_baked) && is_parked)
      return {nullptr, parked_path().graph.examples[code.index()]};
    return {nullptr, scalars[code.index()]};
  }
  return {};
}

/// Runs one matched op now; its operands are Ready.
bool Session::replay_op(const TrieNode &entry) noexcept {
  std::array<Argument, Recorder::max_operands> arguments;
  const std::span<const OperandCode> operands = trie->operands_of(entry);
  for (std::size_t i = 0; i < operands.size(); ++i)
    arguments[i] = argument(operands[i]);
  std::array<Produced, max_results> produced;
  const AttrWords attrs = entry.attrs ? AttrWords(entry.attrs->words) : AttrWords();
  if (!execute(entry.op, attrs, {arguments.data(), operands.size()},
               {entry.result_metas, entry.results}, entry.view, produced.data()))
    return false;
  bool made = true;
  for (std::uint8_t r = 0; r < entry.results; ++r) {
    Impl *&value = values[entry.first_value + r].value;
    if (!value) // it was handed out, or nobody had held it, when the session was parked
      value = new_impl(entry.result_metas[r]);
    if (value)
      set_ready(value, produced[r].storage, produced[r].data);
    else
      release(produced[r].storage);
    made &= value != nullptr;
  }
  return made;
}

bool Session::make_view(std::uint32_t v) noexcept {
  if (values[v].value &&
      values[v].value->where.load(std::memory_order_relaxed).state() == Where::ready)
    return true;
  const TrieNode &entry = trie->nodes[values[v].node];
  const OperandCode base = trie->operands_of(entry)[0];
  if (base.kind() == OperandCode::value && !make_view(base.index()))
    return false;
  return replay_op(entry);
}

/// Held views, rebuilt on the blocks that the program has filled. Takes no memory.
void Session::make_views() noexcept {
  for (std::uint32_t v = 0; v < values.size(); ++v)
    if (live[v] && trie->nodes[values[v].node].view)
      make_view(v);
}

/// The matched nodes in order, from the parents of the last one.
void Session::list_nodes() noexcept {
  nodes.resize(trie->nodes[node].depth);
  std::uint32_t at = node;
  for (std::size_t i = nodes.size(); i-- > 0; at = trie->nodes[at].parent)
    nodes[i] = at;
}

/// Op by op, skipping what nobody needs and letting go of each value after its last use, so that no
/// more memory is held than in an eager run. False: out of memory.
bool Session::replay() noexcept {
  list_nodes();
  wanted.resize(live.size());
  std::ranges::copy(live, wanted.begin());
  for (std::size_t i = nodes.size(); i-- > 0;) {
    const TrieNode &entry = trie->nodes[nodes[i]];
    std::uint8_t any = 0;
    for (std::uint8_t r = 0; r < entry.results; ++r)
      any |= wanted[entry.first_value + r];
    for (std::uint8_t r = 0; r < entry.results; ++r)
      wanted[entry.first_value + r] = any;
    if (any)
      for (OperandCode operand : trie->operands_of(entry))
        if (operand.kind() == OperandCode::value)
          wanted[operand.index()] = 1;
  }
  last_use.resize(values.size()); // no value is read before it was an operand
  for (std::uint32_t i = 0; i < nodes.size(); ++i)
    for (OperandCode operand : trie->operands_of(trie->nodes[nodes[i]]))
      if (operand.kind() == OperandCode::value)
        last_use[operand.index()] = i;

  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    const TrieNode &entry = trie->nodes[nodes[i]];
    if (!wanted[entry.first_value] ||
        (planted(SeededBug::live_value_skipped) && i + 1 == nodes.size() && i > 0))
      continue;
    if (!replay_op(entry))
      return false;
    for (OperandCode operand : trie->operands_of(entry)) {
      if (operand.kind() != OperandCode::value || last_use[operand.index()] != i)
        continue;
      Slot &slot = values[operand.index()];
      if (slot.value && !live[operand.index()])
        free_impl(std::exchange(slot.value, nullptr));
    }
  }
  return true;
}

void Session::undo_rebindings() noexcept {
  for (auto rebinding = rebindings.rbegin(); rebinding != rebindings.rend(); ++rebinding) {
    rebinding->box->journaled_in.store(nullptr, std::memory_order_release);
    rebinding->box->restore(std::exchange(rebinding->old_value, nullptr));
  }
  rebindings.clear();
}

ValueFailure *Session::take_lost() noexcept {
  const OwnerGuard guard(lock);
  if (std::exchange(undo_is_left, false))
    undo_rebindings();
  return lost.exchange(nullptr, std::memory_order_acq_rel);
}

/// The first value that fails is the one that is told.
void Session::fail(const Slot &slot, ValueFailure &why) noexcept {
  if (!why.meta) {
    const TrieNode &entry = trie->nodes[slot.node];
    why.op = info(entry.op).name;
    why.meta = entry.result_metas[0];
    why.file = trie->sites[slot.node].file;
    why.line = trie->sites[slot.node].line;
  }
  set_failed(slot.value, &why);
}

/// After a replay without memory: what is left becomes Failed, Variables get their old values back.
/// The owner may be reading them now, so another thread leaves that to it.
void Session::fail_pending() noexcept {
  ValueFailure *const why = std::exchange(failure, nullptr);
  for (const Slot &slot : values) {
    if (slot.value && holds(*slot.value))
      fail(slot, *why);
  }
  if (!rebindings.empty()) {
    why->refs.fetch_add(1, std::memory_order_relaxed);
    if (ValueFailure *older = lost.exchange(why, std::memory_order_acq_rel))
      release(older);
    if (lock.is_owner())
      undo_rebindings();
    else
      undo_is_left = true;
  }
  release(why);
}

} // namespace jit
