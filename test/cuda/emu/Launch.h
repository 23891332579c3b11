// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs the blocks of an emulated kernel on this thread.
#pragma once

#include "test/cuda/emu/Host.h"

#include <cstdint>
#include <string>

namespace jit::emu {

/// In which order the threads of a block run between two barriers, and the blocks of a launch.
struct Order {
  enum Kind : std::uint8_t { ascending, descending, shuffled };
  Kind kind = ascending;
  std::uint64_t seed = 0;
};

struct Launch {
  const tj_emu_kernel *kernel;
  const void *arguments;
  unsigned grid, threads, shared_bytes;
  Order order = {};
  /// Not 0: only so many blocks of the beginning and of the end of the grid run.
  unsigned edge_blocks = 0;
};

/// What went wrong in a launch, first of all.
struct Problem {
  enum Kind : std::uint8_t { none, illegal_address, misaligned, divergence };
  Kind kind = none;
  std::string text; // a sentence; empty if nothing did
};

/// A block's threads are fibers if the kernel waits, else one loop. Shared memory of every block
/// starts poisoned, by bytes that differ from order to order, and ends at a page that nothing may
/// touch. Errors: a barrier that some threads do not reach, a shuffle that some lanes of a warp do
/// not, either in a kernel that is said to have none; accesses that are misaligned, or where there
/// is no memory (Faults.h).
Problem run(const Launch &launch);

} // namespace jit::emu
