// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The argument of kernels that walk over points, at each of which some tensors have an element: ops
// that move elements, take and put them at places, search and sort. What a kernel does with
// `memory` and `number` is said where its text is printed (tools/cuda-pack).
#pragma once

#include "runtime/cuda/FamilyText.h"

namespace jit::gpu {

inline constexpr unsigned walk_sides = 3, walk_memory = 4, walk_numbers = 8;

/// Kernels NAME_s: `count` and every offset in elements below 2^31. magic and shift:
/// division_by(extent).
TRACEJIT_FAMILY_ARGS(WalkArgs, {
  void *memory[4];
  long long number[8];
  unsigned count;
  unsigned rank;
  unsigned extent[8];
  unsigned magic[8];
  unsigned shift[8];
  int stride[3][8];
})

/// Kernels NAME_S: the same beyond.
TRACEJIT_FAMILY_ARGS(WideWalkArgs, {
  void *memory[4];
  long long number[8];
  unsigned long long count;
  unsigned rank;
  unsigned long long extent[8];
  unsigned long long magic[8];
  unsigned shift[8];
  long long stride[3][8];
})

// What the numbers are. Strides and steps count elements.

/// gather_BYTES: result[i] = x[o0 + place * stride], where the place is index[o1]. Memory: result,
/// x, index.
enum GatherNumber : unsigned { gather_dtype, gather_extent, gather_stride };

/// one_hot_BYTES: result[i] = index[o0] == i % depth ? one : 0. Memory: result, index.
enum OneHotNumber : unsigned { one_hot_dtype, one_hot_depth, one_hot_one };

/// scatter_DTYPE and scatter_runs_DTYPE. Memory: result at o0, updates at o1, and the index at o2,
/// or sorted pairs of a place and an index.
enum ScatterNumber : unsigned {
  scatter_mode,
  scatter_indices,     ///< along the axis
  scatter_stride,      ///< of the result along the axis
  scatter_update_step, ///< of the updates along the indices
  scatter_dtype,       ///< of the index
  scatter_extent,
  scatter_index_step,
  scatter_columns = scatter_dtype,   ///< of runs: each point is one of a pair and a column
  scatter_pair_row = scatter_extent, ///< pairs from column to column
};
/// place_pairs: pair i of the place index[o0] and i % row. Memory: pairs, index.
enum PlacePairNumber : unsigned { place_pair_dtype, place_pair_extent, place_pair_row };

/// index_range: the least and the greatest of index[o0], both for each block. Memory: result,
/// index; number 0 is the dtype.
inline constexpr unsigned range_shared_bytes = 256 * 2 * sizeof(long long);

/// sort_pairs_DTYPE: pair i of the key of x[o0] and i % row. Memory: pairs, x.
enum SortPairNumber : unsigned { sort_pair_mirror, sort_pair_row };

/// search_DTYPE: how many of x lie in front of values[o0]. Memory: result, x, values.
enum SearchNumber : unsigned { search_count, search_stride, search_right };

} // namespace jit::gpu
