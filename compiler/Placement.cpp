// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Greedy placement by size: near optimal in practice (arXiv 2001.03288, "greedy by size").
#include "compiler/Placement.h"
#include "runtime/base/SeededBugs.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace jit {

static constexpr std::size_t alignment = 64;

static std::size_t round_up(std::size_t bytes) {
  return (bytes + alignment - 1) / alignment * alignment;
}

// Lowest offset where `block` fits between the placed blocks that live at the same time.
static std::size_t lowest_gap(const PlacedBlock &block,
                              const std::vector<const PlacedBlock *> &placed) {
  std::size_t offset = 0;
  for (const PlacedBlock *other : placed) { // ascending offsets
    if (other->last < block.first || block.last < other->first)
      continue;
    if (planted(SeededBug::blocks_overlap) && other->last == block.first)
      continue;
    if (offset + round_up(block.bytes) <= other->offset)
      break;
    offset = std::max(offset, other->offset + round_up(other->bytes));
  }
  return offset;
}

std::size_t place_blocks(std::span<PlacedBlock> blocks) {
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return blocks[a].bytes != blocks[b].bytes ? blocks[a].bytes > blocks[b].bytes : a < b;
  });
  std::vector<const PlacedBlock *> placed;
  std::size_t total = 0;
  for (const std::size_t number : order) {
    PlacedBlock &block = blocks[number];
    block.offset = lowest_gap(block, placed);
    total = std::max(total, block.offset + round_up(block.bytes));
    const auto place = std::upper_bound(
        placed.begin(), placed.end(), &block,
        [](const PlacedBlock *a, const PlacedBlock *b) { return a->offset < b->offset; });
    placed.insert(place, &block);
  }
  return total;
}

} // namespace jit
