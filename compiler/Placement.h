// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where temporaries lie in the arena of a program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace jit {

/// A block that is in use from step `first` to step `last`, both included.
struct PlacedBlock {
  std::size_t bytes = 0;
  std::uint32_t first = 0, last = 0;
  std::size_t offset = 0; ///< result, a multiple of 64
};

/// Places blocks so that those alive at the same step do not overlap, biggest first at the lowest
/// free offset (ties in the given order, so the result is deterministic). Returns the bytes needed,
/// a multiple of 64.
std::size_t place_blocks(std::span<PlacedBlock> blocks);

} // namespace jit
