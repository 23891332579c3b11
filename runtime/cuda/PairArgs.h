// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pairs of a key and a place, which are sorted, and the arguments of the kernels that do. No two
// are equal. A short one is a number with the key in its upper half.
#pragma once

#include "runtime/cuda/FamilyText.h"

namespace jit::gpu {

TRACEJIT_FAMILY_ARGS(tj_long_pair, {
  unsigned long long key;
  unsigned long long place;
})

/// Rows of `row` pairs, `count` in all. merge_tiles_short, merge_tiles_long: runs of tile_pairs of
/// each row are put in order. merge_short, merge_long: two neighbours of such runs, of `run` pairs,
/// become one.
TRACEJIT_FAMILY_ARGS(MergeArgs, {
  const void *from;
  void *to;
  unsigned long long count;
  unsigned long long row;
  unsigned long long run;
})

/// What a block sorts: that many of a row, or whole rows of no more.
inline constexpr unsigned tile_pairs = 1024;

} // namespace jit::gpu
