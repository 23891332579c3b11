// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A pending value as a debugger sees it: computed aside, so that the program goes on as if nobody
// had looked.
#include "runtime/base/OutOfMemory.h"
#include "runtime/jit/Session.h"
#include "runtime/trace/Recorder.h"

#include <mutex>

namespace jit {

namespace {
/// Values of a session under their numbers, a reference each; null where there is none.
struct Copies : std::vector<Impl *> {
  using std::vector<Impl *>::vector;
  Copies(const Copies &) = delete;
  ~Copies() {
    for (Impl *copy : *this)
      release(copy);
  }
};
} // namespace

/// By value: whether `last` is computed from it. The nodes are listed.
std::vector<bool> Session::needed_for(std::uint32_t last) const {
  std::vector<bool> wanted(pending.size());
  wanted[last] = true;
  for (std::size_t i = cursor.nodes.size(); i-- > 0;) {
    const TrieNode &entry = cursor.trie->nodes[cursor.nodes[i]];
    bool any = false;
    for (std::uint8_t r = 0; r < entry.results; ++r)
      any |= wanted[entry.first_value + r];
    wanted[entry.first_value] = any; // an op runs for all of its results
    for (OperandCode operand : cursor.trie->operands_of(entry))
      if (any && operand.kind() == OperandCode::value)
        wanted[operand.index()] = true;
  }
  return wanted;
}

/// Runs one matched op into `copies`. False: out of memory.
bool Session::run_aside(const TrieNode &entry, std::vector<Impl *> &copies) const noexcept {
  std::array<Argument, Recorder::max_operands> arguments;
  const std::span<const OperandCode> operands = cursor.trie->operands_of(entry);
  for (std::size_t i = 0; i < operands.size(); ++i)
    arguments[i] = operands[i].kind() == OperandCode::value
                       ? Argument{copies[operands[i].index()], 0}
                       : argument(operands[i]);
  std::array<Produced, max_results> produced;
  const AttrWords attrs = entry.attrs ? AttrWords(entry.attrs->words) : AttrWords();
  if (!execute(entry.op, attrs, {arguments.data(), operands.size()},
               {entry.result_metas, entry.results}, entry.view, produced.data()))
    return false;
  bool made = true;
  for (std::uint8_t r = 0; r < entry.results; ++r) {
    Impl *&copy = copies[entry.first_value + r];
    copy = new_ready(entry.result_metas[r], produced[r].storage, produced[r].data);
    made &= copy != nullptr;
  }
  return made;
}

Session::Peeked Session::peek(const Impl &value) noexcept {
  const std::lock_guard guard(lock);
  if (!holds(value))
    return {Peek::elsewhere, nullptr};
  Peeked peeked{Peek::no_memory, nullptr};
  if_memory([&] {
    Copies copies(pending.size());
    cursor.list_nodes();
    // Inputs may have been taken over by what a parked program has stored: that is shown itself.
    for (const Waiting::Held &block : waiting.held)
      if (is_parked && block.block) {
        retain(block.block);
        copies[block.root] =
            new_ready(pending[block.root].value->meta, block.block, block.block->data);
      }
    const std::vector<bool> wanted = needed_for(value.slot);
    for (const std::uint32_t at : cursor.nodes) {
      const TrieNode &entry = cursor.trie->nodes[at];
      if (wanted[entry.first_value] && !copies[entry.first_value] && !run_aside(entry, copies))
        return;
    }
    peeked = {Peek::computed, std::exchange(copies[value.slot], nullptr)};
  });
  return peeked;
}

} // namespace jit
