// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A pending value as a debugger sees it: computed aside, so that the program goes on as if nobody
// had looked.
#include "runtime/base/OutOfMemory.h"
#include "runtime/jit/Session.h"

#include <algorithm>
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

/// Runs one matched op into `copies`. False: out of memory.
bool Session::run_aside(const TrieNode &entry, std::span<Impl *> copies) const noexcept {
  std::array<Produced, max_results> produced;
  if (!run_op(entry, copies, produced.data()))
    return false;
  bool made = true;
  for (std::uint8_t r = 0; r < entry.results; ++r) {
    Impl *&copy = copies[entry.first_value + r];
    copy = new_ready(entry.result_metas[r], produced[r].storage, produced[r].data);
    made &= copy != nullptr;
  }
  return made;
}

/// Inputs may have been taken over by what a parked program has stored: that is shown itself.
bool Session::show_stored(std::span<Impl *> copies) const noexcept {
  if (!is_parked)
    return true;
  bool made = true;
  for (const Waiting::Held &block : waiting.held) {
    if (!block.block)
      continue;
    retain(block.block);
    copies[block.root] = new_ready(pending[block.root].value->meta, block.block, block.block->data);
    made &= copies[block.root] != nullptr;
  }
  return made;
}

Session::Peeked Session::peek(const Impl &value) noexcept {
  const std::lock_guard guard(lock);
  if (!holds(value))
    return {Peek::elsewhere, nullptr};
  Peeked peeked{Peek::no_memory, nullptr};
  const std::uint32_t wanted = value.slot();
  if_memory([&] {
    Copies copies(pending.size());
    if (!show_stored(copies))
      return;
    liveness.live.resize(pending.size());
    std::ranges::fill(liveness.live, 0);
    liveness.live[wanted] = 1;
    liveness.forget_unset();
    cursor.list_nodes();
    liveness.find_wanted(cursor);
    for (const std::uint32_t at : cursor.nodes) {
      const TrieNode &entry = cursor.trie->nodes[at];
      if (liveness.wanted[entry.first_value] && !copies[entry.first_value] &&
          !run_aside(entry, copies))
        return;
    }
    peeked = {Peek::computed, std::exchange(copies[wanted], nullptr)};
  });
  return peeked;
}

} // namespace jit
