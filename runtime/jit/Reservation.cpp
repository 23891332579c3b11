// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Reservation.h"

#include <algorithm>
#include <utility>

namespace jit {

bool Reservation::make(const Trie &trie, RunGuess guess, bool with_outputs,
                       DeviceNumber wanted) noexcept {
  if (std::exchange(device, wanted) != wanted)
    release_arena();
  return make_arena(trie.arena_bytes) &&
         (!trie.big_outputs || !with_outputs || make_outputs(trie, guess));
}

bool Reservation::make_arena(std::size_t bytes) noexcept {
  constexpr std::uint32_t of_late = 64;
  most_wanted = std::max(most_wanted, bytes);
  if (++times_made % of_late == 0) {
    if (arena && arena->bytes > most_wanted)
      release_arena();
    most_wanted = bytes;
  }
  if (bytes == 0 || (arena && arena->bytes >= bytes))
    return true;
  release_arena();
  arena = new_storage(bytes, device);
  if (device == on_cpu) // memory_stats() is about it
    arena_bytes.store(static_cast<std::int64_t>(arena_size()), std::memory_order_relaxed);
  return arena != nullptr;
}

/// All or nothing.
bool Reservation::make_outputs(const Trie &trie, RunGuess guess) noexcept {
  const std::size_t terminal = guess >> 8 & 0xff, variant = guess & 0xff;
  if (terminal >= trie.terminals.size() || variant >= trie.terminals[terminal].variants.size())
    return true; // numbers of an earlier trie
  expected = &trie.terminals[terminal].variants[variant];
  const std::vector<std::int32_t> &donors = expected->program->info().donated_input;
  for (std::size_t j = 0; j < expected->outputs.size(); ++j) {
    const std::size_t bytes = expected->reserved_bytes[j];
    const bool refused = j < max_guessed_outputs && guess >> (16 + j) & 1;
    const bool own = bytes && (refused || j >= donors.size() || donors[j] < 0);
    Storage *block = own ? new_storage(bytes, device) : nullptr;
    if (own && !block) {
      release_reserved();
      return false;
    }
    reserved.push_back(block);
  }
  return true;
}

Storage *Reservation::take(std::size_t j, std::size_t bytes) noexcept {
  Storage *const block = expected ? std::exchange(reserved[j], nullptr) : nullptr;
  return block ? block : new_storage(bytes, device);
}

void Reservation::release_blocks() noexcept {
  for (Storage *block : reserved)
    if (block)
      release(block);
  reserved.clear();
  expected = nullptr;
}

void Reservation::release_arena() noexcept {
  if (!arena)
    return;
  release(std::exchange(arena, nullptr));
  arena_bytes.store(0, std::memory_order_relaxed);
}

void Reservation::release_big_arena() noexcept {
  constexpr std::size_t big = std::size_t{1} << 20;
  if (arena && arena->bytes >= big)
    release_arena();
}

} // namespace jit
