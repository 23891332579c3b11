// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/contract/SmallProducts.h"

#include "runtime/kernels/contract/Batch.h"
#include "runtime/kernels/contract/Plan.h"

#include <algorithm>

namespace jit {

SmallProducts::SmallProducts(const ContractArgs &args, Isa isa, std::int64_t workers)
    : args(args), kernels(contract_kernels(args.dtype, isa)) {
  constexpr std::int64_t most = 64; // rows: more are worth a plan
  const std::int64_t columns = ceil_div(args.n, kernels.lanes);
  if (args.m > most || args.k > contract_chunk || columns > ContractKernels::most_vectors ||
      is_exchanged(args, kernels.lanes) || pieces(workers) > batch_size(args.batch))
    return;
  const bool turned = is_turned(args.m, args.b_row_stride, args.b_col_stride);
  if (!turned && args.b_col_stride != 1 && args.n != 1)
    return;
  vectors = tile_vectors(kernels, args.m, columns, turned);
  if (vectors < columns)
    return;
  run_tile = turned ? kernels.turned_tiles : kernels.tiles[args.n % kernels.lanes != 0][vectors];
  most_rows = turned ? ContractKernels::most_turned_rows : kernels.max_rows[vectors];
  first.a = args.a;
  first.a_row = args.a_row_stride;
  first.a_col = args.a_col_stride;
  first.b = args.b;
  first.b_row = args.b_row_stride;
  first.b_col = args.b_col_stride;
  first.b_ahead = 8 * first.b_row;
  first.c = args.c;
  first.c_row = args.c_row_stride;
  first.k = args.k;
  first.columns = args.n;
  first.tail = args.n - (vectors - 1) * kernels.lanes;
  first.add = false;
}

std::int64_t SmallProducts::pieces(std::int64_t workers) const {
  const double one = static_cast<double>(args.m * args.n * args.k);
  return worthy_pieces(static_cast<double>(batch_size(args.batch)) * one, workers);
}

/// All rows of one matrix, in panels that differ by at most one row.
void SmallProducts::run_entry(ContractTile tile) const {
  if (args.m <= most_rows)
    return run_tile[args.m](tile);
  const EvenSplit panels(args.m, ceil_div(args.m, most_rows));
  for (std::int64_t i = 0; i < panels.parts(); ++i) {
    ContractTile part = tile;
    const std::int64_t row = panels.begin(i) * kernels.item_bytes;
    part.a = static_cast<const std::byte *>(tile.a) + row * args.a_row_stride;
    part.c = static_cast<std::byte *>(tile.c) + row * args.c_row_stride;
    run_tile[panels.size(i)](part);
  }
}

void SmallProducts::run_entries(std::int64_t begin, std::int64_t end) const {
  const ContractBatch &batch = args.batch;
  const std::int64_t last = batch.rank - 1, inner = last < 0 ? 1 : batch.sizes[last];
  for (std::int64_t entry = begin; entry < end;) {
    BatchOffsets at = batch_offsets(batch, entry);
    const std::int64_t stop = std::min(end, entry - entry % inner + inner);
    for (; entry < stop; ++entry) {
      ContractTile tile = first;
      tile.a = static_cast<const std::byte *>(first.a) + at.a * kernels.item_bytes;
      tile.b = static_cast<const std::byte *>(first.b) + at.b * kernels.item_bytes;
      tile.c = static_cast<std::byte *>(first.c) + at.c * kernels.item_bytes;
      run_entry(tile);
      if (args.epilogue.run)
        args.epilogue.run(args.epilogue.context, entry, 0, args.m, 0, args.n);
      if (last >= 0)
        at = {at.a + batch.a_strides[last], at.b + batch.b_strides[last],
              at.c + batch.c_strides[last]};
    }
  }
}

struct SmallProducts::Range {
  const SmallProducts &products;
  EvenSplit entries;
};

void SmallProducts::run(const Parallel &parallel) const {
  const std::int64_t entries = batch_size(args.batch);
  const std::int64_t parts = pieces(parallel.workers);
  if (parts <= 1)
    return run_entries(0, entries);
  Range range{*this, EvenSplit(entries, parts)};
  const auto kind = static_cast<std::uint64_t>(entries * args.m * args.n * args.k);
  parallel.run(
      parallel.pool, kind, parts,
      [](void *context, std::int64_t piece) {
        const Range &all = *static_cast<const Range *>(context);
        const std::int64_t begin = all.entries.begin(piece);
        all.products.run_entries(begin, begin + all.entries.size(piece));
      },
      &range);
}

} // namespace jit
