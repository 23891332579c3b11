// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/PendingValues.h"

#include <algorithm>
#include <new>
#include <utility>

namespace jit {

bool PendingValues::make_room(std::size_t values) noexcept {
  const std::size_t had = slots.capacity();
  if (!slots.reserve(values))
    return false;
  for (std::size_t v = had; v < slots.capacity(); ++v)
    slots[v] = {nullptr, 0};
  return true;
}

bool PendingValues::make_place(std::uint32_t v) noexcept {
  Impl *const value = slots[v].value = new_impl(nullptr);
  if (!value)
    return false;
  value->refs.store(abandoned_refs, std::memory_order_relaxed);
  value->where.store(Where::in(session, v), std::memory_order_release);
  return true;
}

void PendingValues::leave_places() noexcept {
#ifdef TRACEJIT_ASAN // a handle that should have kept its value reads it
  for (const Slot &slot : slots)
    if (slot.value)
      TRACEJIT_POISON(slot.value, sizeof(Impl));
#endif
  slots.clear();
}

void PendingValues::free_places() noexcept {
  for (std::size_t v = 0; v < slots.capacity(); ++v)
    if (Impl *const value = std::exchange(slots[v].value, nullptr)) {
      TRACEJIT_UNPOISON(value, sizeof(Impl));
      free_unused(value);
    }
}

bool PendingValues::add_all(const Trie &trie, std::uint32_t node, Impl **results) noexcept {
  const std::uint8_t count = trie.nodes[node].results;
  for (std::uint8_t r = 0; r < count; ++r) {
    results[r] = add(trie, node, r);
    if (results[r])
      continue;
    for (; r > 0; --r) {
      slots.resize(slots.size() - 1);
      std::exchange(results[r - 1], nullptr)->refs.store(abandoned_refs, std::memory_order_relaxed);
    }
    return false;
  }
  return true;
}

std::uint32_t PendingValues::times_journaled(const Impl &value) const noexcept {
  return static_cast<std::uint32_t>(
      std::count_if(rebindings.begin(), rebindings.end(),
                    [&](const Rebinding &rebinding) { return rebinding.old_value == &value; }));
}

void PendingValues::undo_rebindings() noexcept {
  for (auto rebinding = rebindings.rbegin(); rebinding != rebindings.rend(); ++rebinding) {
    rebinding->box->journaled_in.store(nullptr, std::memory_order_release);
    rebinding->box->restore(std::exchange(rebinding->old_value, nullptr));
  }
  rebindings.clear();
}

bool PendingValues::prepare_failure() noexcept {
  if (failure && failure->meta) // told already, of a value of an earlier segment
    release(std::exchange(failure, nullptr));
  if (!failure)
    failure = new (std::nothrow) ValueFailure;
  return failure != nullptr;
}

void PendingValues::fail(const Slot &slot, const Trie &trie) noexcept {
  if (!failure->meta) {
    const TrieNode &entry = trie.nodes[slot.node];
    failure->op = info(entry.op).name;
    failure->meta = entry.result_metas[0];
    failure->file = trie.sites[slot.node].file;
    failure->line = trie.sites[slot.node].line;
  }
  set_failed(slot.value, failure);
}

void PendingValues::fail_all(const Trie &trie, bool by_owner) noexcept {
  for (const Slot &slot : slots)
    if (slot.value && holds(*slot.value))
      fail(slot, trie);
  ValueFailure *const why = std::exchange(failure, nullptr);
  if (!rebindings.empty()) {
    why->refs.fetch_add(1, std::memory_order_relaxed);
    if (ValueFailure *older = lost.exchange(why, std::memory_order_acq_rel))
      release(older);
    if (by_owner)
      undo_rebindings();
    else
      undo_is_left = true;
  }
  release(why);
}

} // namespace jit
