// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Placement of temporaries: aligned, never overlapping while alive, reused when dead.
#include "compiler/Placement.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace jit {

static bool overlap(const PlacedBlock &a, const PlacedBlock &b) {
  return a.first <= b.last && b.first <= a.last && a.offset < b.offset + b.bytes &&
         b.offset < a.offset + a.bytes;
}

TEST(Arena, EmptyNeedsNothing) { EXPECT_EQ(place_blocks({}), 0u); }

TEST(Arena, DeadBlocksAreReused) {
  std::vector<PlacedBlock> blocks{{100, 0, 1, 0}, {100, 1, 2, 0}, {100, 2, 3, 0}};
  EXPECT_EQ(place_blocks(blocks), 256u);
  EXPECT_EQ(blocks[0].offset, blocks[2].offset);
}

TEST(Arena, RandomBlocksNeverOverlapWhileAlive) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<PlacedBlock> blocks(1 + random() % 40);
    for (PlacedBlock &block : blocks) {
      block.bytes = random() % 1000;
      block.first = static_cast<std::uint32_t>(random() % 20);
      block.last = block.first + static_cast<std::uint32_t>(random() % 5);
    }
    const std::size_t total = place_blocks(blocks);
    EXPECT_EQ(total % 64, 0u);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      EXPECT_EQ(blocks[i].offset % 64, 0u);
      EXPECT_LE(blocks[i].offset + blocks[i].bytes, total);
      for (std::size_t j = 0; j < i; ++j)
        EXPECT_FALSE(overlap(blocks[i], blocks[j])) << "round " << round;
    }
  }
}

} // namespace jit
