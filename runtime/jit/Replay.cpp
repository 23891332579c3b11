// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running matched ops one by one: what a flush does where no program fits, and for held views.
#include "runtime/base/SeededBugs.h"
#include "runtime/jit/Mode.h"
#include "runtime/jit/Session.h"
#include "runtime/tensor/NewImpl.h"
#include "runtime/trace/Recorder.h"

#include <algorithm>

namespace jit {

Argument Session::argument(OperandCode code) const noexcept {
  switch (code.kind()) {
  case OperandCode::value:
    return {pending[code.index()].value, 0};
  case OperandCode::input:
    return {cursor.inputs[code.index()], 0};
  case OperandCode::scalar:
    if (planted(SeededBug::deferred_numbers_baked) && is_parked)
      return {nullptr, parked_path().graph.examples[code.index()]};
    return {nullptr, cursor.scalars[code.index()]};
  }
  return {};
}

/// Runs one matched op on values that are Ready: those of `copies`, or of the session if that is
/// empty.
bool Session::run_op(const TrieNode &entry, std::span<Impl *const> copies,
                     Produced *produced) const noexcept {
  // Raw: only the arguments there are get initialised.
  alignas(Argument) std::array<std::byte, Recorder::max_operands * sizeof(Argument)> memory;
  auto *list = reinterpret_cast<Argument *>(memory.data());
  const std::span<const OperandCode> operands = cursor.trie->operands_of(entry);
  for (std::size_t i = 0; i < operands.size(); ++i)
    new (list + i) Argument(operands[i].kind() == OperandCode::value && !copies.empty()
                                ? Argument{copies[operands[i].index()], 0}
                                : argument(operands[i]));
  const std::span<const Argument> arguments(list, operands.size());
  const auto node = static_cast<std::size_t>(&entry - cursor.trie->nodes.data());
  const DirectLoop &loop = cursor.trie->loops[node];
  if (loop.usable && mode() != Mode::check) // which takes nothing on the trie's word
    return execute(loop, arguments, *entry.result_metas[0], produced);
  const AttrWords attrs = entry.attrs ? AttrWords(entry.attrs->words) : AttrWords();
  return execute(entry.op, attrs, arguments, {entry.result_metas, entry.results}, entry.view,
                 produced);
}

bool Session::replay_op(const TrieNode &entry) noexcept {
  std::array<Produced, max_results> produced;
  if (!run_op(entry, {}, produced.data()))
    return false;
  bool made = true;
  for (std::uint8_t r = 0; r < entry.results; ++r) {
    Impl *&value = pending[entry.first_value + r].value;
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
  if (pending[v].value &&
      pending[v].value->where.load(std::memory_order_relaxed).state() == Where::ready)
    return true;
  const TrieNode &entry = cursor.trie->nodes[pending[v].node];
  const OperandCode base = cursor.trie->operands_of(entry)[0];
  if (base.kind() == OperandCode::value && !make_view(base.index()))
    return false;
  return replay_op(entry);
}

/// Held views, rebuilt on the blocks that the program has filled. Takes no memory.
void Session::make_views() noexcept {
  for (std::uint32_t v = 0; v < pending.size(); ++v)
    if (liveness.live[v] && cursor.trie->nodes[pending[v].node].view)
      make_view(v);
}

/// Op by op, skipping what nobody needs and letting go of each value after its last use, so that no
/// more memory is held than in an eager run. False: out of memory.
bool Session::replay() noexcept {
  cursor.list_nodes();
  liveness.find_wanted(cursor);
  for (std::uint32_t i = 0; i < cursor.nodes.size(); ++i) {
    const TrieNode &entry = cursor.trie->nodes[cursor.nodes[i]];
    if (!liveness.wanted[entry.first_value] ||
        (planted(SeededBug::live_value_skipped) && i + 1 == cursor.nodes.size() && i > 0))
      continue;
    if (!replay_op(entry))
      return false;
    for (OperandCode operand : cursor.trie->operands_of(entry)) {
      if (operand.kind() != OperandCode::value || liveness.last_use[operand.index()] != i)
        continue;
      PendingValues::Slot &slot = pending[operand.index()];
      if (slot.value && !liveness.live[operand.index()])
        free_impl(std::exchange(slot.value, nullptr));
    }
  }
  return true;
}

ValueFailure *Session::take_lost() noexcept {
  const OwnerGuard guard(lock);
  if (std::exchange(pending.undo_is_left, false))
    pending.undo_rebindings();
  return pending.lost.exchange(nullptr, std::memory_order_acq_rel);
}

} // namespace jit
