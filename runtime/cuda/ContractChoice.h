// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How one contraction is spread over a device: its tile, whether chunks of k are parts of their
// own, and the arguments of its kernel.
#pragma once

#include "runtime/cuda/ContractTiles.h"
#include "runtime/cuda/FamilyArgs.h"
#include "runtime/kernels/contract/Batch.h"

#include <algorithm>
#include <cstdlib>

namespace jit::gpu {

struct ContractChoice {
  ContractTile tile{};
  std::int64_t parts = 1; ///< chunks of k whose sums another kernel joins; 1: all of k at once
};

constexpr std::int64_t units_of(std::int64_t count, std::int64_t per_unit) {
  return (count + per_unit - 1) / per_unit;
}

/// Chunks of order `inner`.
constexpr std::int64_t chunks_of_row(std::int64_t count) {
  return count <= inner_chunk ? 1 : units_of(count, inner_chunk);
}

/// Batch axes that the arguments hold.
inline constexpr std::int64_t most_batch_axes = 6;

/// Whether C has no gaps, so that parts of it can be joined as one run of elements.
inline bool has_dense_c(const ContractArgs &args) noexcept {
  if (args.m > 1 && args.c_row_stride != args.n)
    return false;
  std::int64_t stride = args.m * args.n;
  for (std::int64_t axis = args.batch.rank; axis-- > 0;) {
    if (args.batch.sizes[axis] > 1 && args.batch.c_strides[axis] != stride)
      return false;
    stride *= args.batch.sizes[axis];
  }
  return true;
}

/// Threads that keep a multiprocessor busy, and the multiplications that it does during a launch.
inline constexpr unsigned busy_threads = 256;
inline constexpr double multiplications_a_launch = 600'000;
/// Of all parts together: work of more elements keeps a device busy without them.
inline constexpr std::int64_t most_part_elements = 32 << 20;

/// The tile that is done first: rounds of blocks on the multiprocessors, times the work of a block;
/// as many rounds at least as have threads to hide each other's waiting. Work that does not keep
/// them busy is cut along k.
inline ContractChoice choose_contract(const ContractArgs &args, int multiprocessors) noexcept {
  const std::int64_t chunks = units_of(args.k, contract_chunk);
  const std::int64_t elements = args.m * args.n * batch_size(args.batch);
  const bool may_split = is_float(args.dtype) && chunks > 1 && has_dense_c(args) &&
                         elements <= most_part_elements / chunks;
  ContractChoice best;
  double least = 0;
  for (const ContractTile &tile : contract_tiles(args.dtype)) {
    const std::int64_t tiles =
        units_of(args.m, tile.rows) * units_of(args.n, tile.columns) * batch_size(args.batch);
    const std::int64_t at_least = std::max(busy_threads / tile.threads(), 1u);
    const auto time = [&](std::int64_t parts) {
      // A part of C is written and read once more.
      const std::int64_t k = parts == 1 ? args.k : contract_chunk + 64;
      return static_cast<double>(std::max(units_of(tiles * parts, multiprocessors), at_least)) *
                 tile.rows * tile.columns * tile.cost *
                 static_cast<double>(std::max<std::int64_t>(k, 1)) +
             (parts == 1 ? 0 : multiplications_a_launch);
    };
    for (const std::int64_t parts : {std::int64_t{1}, chunks}) {
      if (parts > 1 && (!may_split || tiles >= multiprocessors * at_least))
        continue;
      if (best.tile.rows == 0 || time(parts) < least) {
        least = time(parts);
        best = {tile, std::max<std::int64_t>(parts, 1)};
      }
    }
  }
  return best;
}

/// Adds an axis of units behind those that are there.
template <class Args>
void add_axis(Args &args, std::int64_t extent, std::int64_t a_stride, std::int64_t b_stride,
              std::int64_t c_stride = 0) noexcept {
  const unsigned axis = args.axes++;
  const auto division = division_by(static_cast<std::uint64_t>(extent));
  args.extent[axis] = static_cast<unsigned long long>(extent);
  args.magic[axis] = division.magic;
  args.shift[axis] = division.shift;
  args.a_batch[axis] = a_stride;
  args.b_batch[axis] = b_stride;
  if constexpr (requires { args.c_batch; })
    args.c_batch[axis] = c_stride;
  args.units *= args.extent[axis];
}

/// How a thread goes through the elements of a step of one operand.
struct SideWalk {
  long long inner, outer;
  unsigned lines_inner, lines_outer, depth_outer, place_outer;
};
inline SideWalk walk_of(const ContractTile &tile, DType dtype, unsigned extent, bool along_k,
                        std::int64_t line_stride, std::int64_t step_stride) noexcept {
  const unsigned threads = tile.threads(), at_once = contract_inner_loads(tile, extent);
  SideWalk walk{};
  if (along_k) {
    walk.lines_inner = threads / tile.step;
    walk.lines_outer = at_once * walk.lines_inner;
  } else {
    walk.lines_inner = std::min(threads, extent);
    walk.depth_outer = std::max(threads / extent, 1u);
  }
  walk.inner = walk.lines_inner * line_stride;
  walk.outer = walk.lines_outer * line_stride + walk.depth_outer * step_stride;
  walk.place_outer = walk.lines_outer + walk.depth_outer * contract_pitch(dtype, extent);
  return walk;
}

/// Arguments without addresses, of a C that has elements. With several parts C is memory for them,
/// one behind the other.
inline ProductArgs product_args(const ContractArgs &args, const ContractChoice &choice) noexcept {
  const auto count = [](std::int64_t value) { return static_cast<unsigned long long>(value); };
  ProductArgs p{};
  const bool has_parts = choice.parts > 1;
  p.units = 1;
  add_axis(p, units_of(args.n, choice.tile.columns), 0, 0);
  add_axis(p, units_of(args.m, choice.tile.rows), 0, 0);
  add_axis(p, choice.parts, 0, 0);
  std::int64_t stride = args.m * args.n;
  for (std::int64_t axis = args.batch.rank; axis-- > 0;) {
    add_axis(p, args.batch.sizes[axis], args.batch.a_strides[axis], args.batch.b_strides[axis],
             has_parts ? stride : args.batch.c_strides[axis]);
    stride *= args.batch.sizes[axis];
  }
  p.m = count(args.m);
  p.n = count(args.n);
  p.k = count(args.k);
  p.span = has_parts ? count(contract_chunk) : std::max(p.k, 1ull);
  p.a_row = args.a_row_stride;
  p.a_step = args.a_col_stride;
  p.b_column = args.b_col_stride;
  p.b_step = args.b_row_stride;
  p.c_row = has_parts ? args.n : args.c_row_stride;
  p.c_part = stride;
  p.a_along_k = std::abs(p.a_step) < std::abs(p.a_row) || args.m == 1;
  p.b_along_k = std::abs(p.b_step) < std::abs(p.b_column) || args.n == 1;
  const SideWalk a =
      walk_of(choice.tile, args.dtype, choice.tile.rows, p.a_along_k != 0, p.a_row, p.a_step);
  const SideWalk b =
      walk_of(choice.tile, args.dtype, choice.tile.columns, p.b_along_k != 0, p.b_column, p.b_step);
  p.a_inner = a.inner;
  p.a_outer = a.outer;
  p.a_lines_inner = a.lines_inner;
  p.a_lines_outer = a.lines_outer;
  p.a_depth_outer = a.depth_outer;
  p.a_place_outer = a.place_outer;
  p.b_inner = b.inner;
  p.b_outer = b.outer;
  p.b_lines_inner = b.lines_inner;
  p.b_lines_outer = b.lines_outer;
  p.b_depth_outer = b.depth_outer;
  p.b_place_outer = b.place_outer;
  return p;
}

} // namespace jit::gpu
