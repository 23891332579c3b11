// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/Pairs.h"

#include "runtime/cuda/Gpu.h"
#include "runtime/cuda/PackedLaunch.h"
#include "runtime/cuda/PairArgs.h"
#include "runtime/cuda/Walk.h"

#include <utility>

namespace jit::gpu {

namespace {
std::int64_t pair_bytes(Pairs::Kind kind) noexcept {
  return kind == Pairs::in_short ? sizeof(std::uint64_t) : sizeof(tj_long_pair);
}
} // namespace

Pairs::Pairs(Gpu &gpu, Kind kind, std::int64_t rows, std::int64_t row) noexcept
    : gpu(gpu), kind(kind), rows(rows), row(row), scratch(gpu),
      place(scratch.take(rows * row * pair_bytes(kind), DType::u8)),
      other(row <= tile_pairs ? place : scratch.take(rows * row * pair_bytes(kind), DType::u8)) {}

Launched Pairs::merge(std::string_view name, std::byte *from, std::byte *to, std::int64_t run,
                      std::uint64_t blocks, unsigned shared_bytes) noexcept {
  const MergeArgs args{from, to, static_cast<std::uint64_t>(rows * row),
                       static_cast<std::uint64_t>(row), static_cast<std::uint64_t>(run)};
  return launch_packed(gpu, {name, kind == in_short ? "_short" : "_long"}, blocks, args,
                       shared_bytes);
}

Launched Pairs::sort() noexcept {
  constexpr std::int64_t tile = tile_pairs, threads = 256;
  const std::int64_t tiles = (row + tile - 1) / tile;
  const std::int64_t rows_a_tile = tiles > 1 ? 1 : tile / row;
  const auto units = static_cast<std::uint64_t>((rows + rows_a_tile - 1) / rows_a_tile * tiles);
  Launched launched = merge("merge_tiles", place, place, 1, units,
                            static_cast<unsigned>(2 * tile * pair_bytes(kind)));
  for (std::int64_t run = tile; run < row && launched == Launched::yes; run *= 2) {
    launched = merge("merge", place, other, run,
                     static_cast<std::uint64_t>((rows * row + threads - 1) / threads), 0);
    std::swap(place, other);
  }
  return launched;
}

Launched Pairs::write_places(Walk &walk, std::byte *result) const noexcept {
  walk.memory = {result, place};
  return walk.run("places", kind == in_short ? "_short" : "_long");
}

} // namespace jit::gpu
