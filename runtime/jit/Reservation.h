// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reservation: the memory of a session's runs, taken before the first op is matched as far as it is
// known by then, so that a run does not fail for want of it.
#pragma once

#include "runtime/base/ReservedList.h"
#include "runtime/jit/Trie.h"
#include "runtime/tensor/DeviceMemory.h"

#include <atomic>

namespace jit {

struct Reservation {
  /// All that a run needs but small outputs and those that were not expected. False: no memory.
  bool make(const Trie &trie, RunGuess guess, bool with_outputs, DeviceNumber device) noexcept;
  bool make_room(const PathSize &most) noexcept {
    return reserved.reserve(most.values) && blocks.reserve(most.values) &&
           input_data.reserve(most.inputs) && weights.reserve(most.inputs) &&
           output_data.reserve(most.values);
  }
  /// A block for output `j` of the variant that runs: the reserved one, or a new one.
  Storage *take(std::size_t j, std::size_t bytes) noexcept;
  /// Lets the outputs that were reserved go.
  void release_reserved() noexcept {
    if (expected) [[unlikely]]
      release_blocks();
  }
  void release_arena() noexcept;
  /// A big one is given back with each run.
  void release_big_arena() noexcept;
  std::size_t arena_size() const noexcept { return arena ? arena->bytes : 0; }
  std::byte *arena_data() const noexcept { return arena ? arena->data : nullptr; }

  const Variant *expected = nullptr; ///< whose big outputs are reserved
  ReservedList<Storage *> blocks;    ///< by output of the variant that runs
  ReservedList<std::byte *> input_data, output_data;
  ReservedList<Storage *> weights; ///< as in ProgramCall
  RunGuess refused_donations = 0;  ///< of the run under way
  /// Of the arena, for other threads.
  std::atomic<std::int64_t> arena_bytes{0};

private:
  bool make_arena(std::size_t bytes) noexcept;
  bool make_outputs(const Trie &trie, RunGuess guess) noexcept;
  void release_blocks() noexcept;

  ReservedList<Storage *> reserved; ///< by output; null for a small one
  /// For temporaries of programs. A small one is kept, as large as the last 64 runs wanted it.
  Storage *arena = nullptr;
  std::size_t most_wanted = 0; ///< of late
  DeviceNumber device = on_cpu;
  std::uint32_t times_made = 0;
};

} // namespace jit
