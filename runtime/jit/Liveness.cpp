// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Liveness.h"

#include "runtime/base/SeededBugs.h"

#include <algorithm>
#include <utility>

namespace jit {

void Liveness::need(OperandCode code, const Cursor &cursor, const PendingValues &pending) noexcept {
  while (code.kind() == OperandCode::value) {
    const TrieNode &entry = cursor.trie->nodes[pending[code.index()].node];
    if (!entry.view)
      break;
    code = cursor.trie->operands_of(entry)[0];
    live_view = true;
  }
  if (code.kind() == OperandCode::input)
    pinned_input[code.index()] = 1;
  else if (!std::exchange(needed[code.index()], 1))
    needed_values.push_back(code.index());
}

void Liveness::clear(std::size_t values, std::size_t inputs) noexcept {
  live.resize(values);
  needed.resize(values);
  needed_values.clear();
  pinned_input.resize(inputs);
  if (values > unset_values || inputs > unset_inputs) {
    std::ranges::fill(live, 0);
    std::ranges::fill(needed, 0);
    std::ranges::fill(pinned_input, 0);
    unset_values = values;
    unset_inputs = inputs;
  }
  live_view = false;
}

void Liveness::unset() noexcept {
  for (const std::uint32_t v : needed_values)
    live[v] = needed[v] = 0;
}

void Liveness::take(std::uint32_t v, const Cursor &cursor, const PendingValues &pending) noexcept {
  live[v] = 1;
  retain(pending[v].value);
  need({OperandCode::value, v}, cursor, pending);
}

std::size_t Liveness::find(const Cursor &cursor, const PendingValues &pending) noexcept {
  const std::size_t count = pending.size();
  clear(count, cursor.inputs.size());
  std::size_t found = 0;
  const PendingValues::Slot *const begin = pending.slots.begin(), *const end = begin + count;
  for (const PendingValues::Slot *slot = begin; slot != end; ++slot) {
    if (slot->value->refs.load(std::memory_order_acquire) == abandoned_refs) [[likely]]
      continue;
    if (planted(SeededBug::last_value_alone) && slot + 1 != end)
      continue;
    ++found;
    take(static_cast<std::uint32_t>(slot - begin), cursor, pending);
  }
  return found;
}

void Liveness::find_wanted(const Cursor &cursor) noexcept {
  const Trie &trie = *cursor.trie;
  wanted.resize(live.size());
  std::ranges::copy(live, wanted.begin());
  for (std::size_t i = cursor.nodes.size(); i-- > 0;) {
    const TrieNode &entry = trie.nodes[cursor.nodes[i]];
    std::uint8_t any = 0;
    for (std::uint8_t r = 0; r < entry.results; ++r)
      any |= wanted[entry.first_value + r];
    for (std::uint8_t r = 0; r < entry.results; ++r)
      wanted[entry.first_value + r] = any;
    if (any)
      for (const OperandCode operand : trie.operands_of(entry))
        if (operand.kind() == OperandCode::value)
          wanted[operand.index()] = 1;
  }
  last_use.resize(live.size()); // no value is read before it was an operand
  for (std::uint32_t i = 0; i < cursor.nodes.size(); ++i)
    for (const OperandCode operand : trie.operands_of(trie.nodes[cursor.nodes[i]]))
      if (operand.kind() == OperandCode::value)
        last_use[operand.index()] = i;
}

} // namespace jit
