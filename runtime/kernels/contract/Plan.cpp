// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The policy of contractions; its numbers were measured, its block sizes come from the caches.
#include "runtime/kernels/contract/Plan.h"

#include "runtime/kernels/CacheSizes.h"

#include <algorithm>
#include <utility>

namespace jit {

const ContractKernels &contract_kernels(DType dtype, Isa isa) {
  if (isa == Isa::v4)
    return dtype == DType::f32 ? v4::contract_f32 : v4::contract_f64;
  return dtype == DType::f32 ? v3::contract_f32 : v3::contract_f64;
}

/// A column of few elements wastes a vector on each row of A. Reading A as the vectors wastes less,
/// even when that needs a transposition.
bool is_exchanged(const ContractArgs &args, std::int64_t lanes) {
  const std::int64_t limit =
      args.a_row_stride == 1 ? lanes / 2
      : args.a_col_stride == 1
          ? std::min<std::int64_t>(ContractKernels::most_turned_rows, lanes / 2)
          : lanes / 4;
  return args.n <= limit && args.m >= lanes && args.m > args.n;
}

bool is_turned(std::int64_t m, std::int64_t b_row, std::int64_t b_col) {
  return m <= ContractKernels::most_turned_rows && b_row == 1 && b_col != 1;
}

/// Enough accumulators to hide the latency of fma, and as few loads for each as registers allow.
std::int64_t tile_vectors(const ContractKernels &kernels, std::int64_t m, std::int64_t columns,
                          bool turned) {
  std::int64_t vectors = ContractKernels::most_vectors;
  if (turned)
    vectors = kernels.turned_vectors;
  else if (m <= 2)
    while (kernels.max_rows[vectors] < m)
      --vectors;
  else if (kernels.registers < 32)
    vectors = 2;
  else
    vectors = columns % 4 == 0 || columns >= 16 ? 4 : 3;
  return std::min(vectors, columns);
}

/// Multiply-adds that are worth waking a worker for, some microseconds.
constexpr double piece_work = 1 << 18;

std::int64_t worthy_pieces(double work, std::int64_t workers) {
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::min(work / piece_work, 1e6)), 1,
                                  workers);
}

namespace {

void set_problem(ContractPlan &plan, const ContractArgs &args) {
  plan.exchanged = is_exchanged(args, plan.kernels->lanes);
  plan.whole_rows = args.epilogue.run && args.epilogue.whole_rows;
  plan.m = args.m;
  plan.n = args.n;
  plan.k = args.k;
  plan.a_row = args.a_row_stride;
  plan.a_col = args.a_col_stride;
  plan.b_row = args.b_row_stride;
  plan.b_col = args.b_col_stride;
  if (plan.exchanged) {
    std::swap(plan.m, plan.n);
    std::swap(plan.a_row, plan.b_col);
    std::swap(plan.a_col, plan.b_row);
  }
  plan.scatter_c = plan.exchanged && !(plan.m == 1 && args.c_row_stride == 1);
  plan.turned = is_turned(plan.m, plan.b_row, plan.b_col);
  plan.unit = 1;
  plan.rows_ahead = 8;
}

void set_tile(ContractPlan &plan) {
  const ContractKernels &kernels = *plan.kernels;
  plan.vectors = tile_vectors(kernels, plan.m, plan.column_vectors(), plan.turned);
  plan.rows = plan.turned ? ContractKernels::most_turned_rows : kernels.max_rows[plan.vectors];
}

/// Whether a column of a chunk of B, in place, pushes itself out of L2: its rows lie so that few
/// sets of the cache take them, as they do at a multiple of some KiB.
bool crowds_few_sets(const ContractPlan &plan, std::int64_t l2) {
  constexpr std::int64_t line = 64;
  const std::int64_t row_bytes = plan.b_row * plan.kernels->item_bytes;
  const std::int64_t lines = std::abs(row_bytes) / line;
  if (row_bytes % line != 0 || lines == 0)
    return false;
  const std::int64_t one_set_in = lines & -lines; // so many sets are passed over
  return l2 / line / one_set_in < std::min(plan.k, contract_chunk);
}

/// Rows of B are read again for each panel of A, unless they were packed.
bool is_worth_packing(const ContractPlan &plan, std::int64_t b_bytes, std::int64_t l2) {
  if (b_bytes <= l2 / 2)
    return false;
  const bool narrow = plan.vectors * plan.kernels->lanes * plan.kernels->item_bytes <= 64;
  return plan.m >= 48 || (plan.m > plan.rows && narrow && crowds_few_sets(plan, l2));
}

void set_packing(ContractPlan &plan) {
  const ContractKernels &kernels = *plan.kernels;
  const std::int64_t l2 = cache_sizes().l2;
  const std::int64_t depth = std::clamp<std::int64_t>(plan.k, 1, contract_chunk);
  const std::int64_t vector_bytes = depth * kernels.lanes * kernels.item_bytes;
  const std::int64_t row_bytes = depth * kernels.item_bytes;
  const std::int64_t count = plan.column_vectors();
  const bool in_place = plan.b_col == 1 || plan.n == 1;
  plan.pack_b = in_place          ? kernels.pack_b_rows
                : plan.b_row == 1 ? kernels.pack_b_columns
                                  : kernels.pack_b_any;
  plan.packs_b = in_place ? is_worth_packing(plan, count * vector_bytes, l2) : !plan.turned;

  // A small A is read again for each block at no cost, so that blocks need not be large.
  const bool small_a = plan.m * row_bytes <= l2 / 4;
  // A large A costs more to read again from the last level than B does.
  const std::int64_t large = std::max(l2 / 2, cache_sizes().l3 / 16);
  const std::int64_t fit = (!small_a ? large : plan.packs_b ? l2 / 8 : l2 / 2) / vector_bytes;
  const std::int64_t panels = std::max<std::int64_t>(fit / plan.vectors, 1);
  plan.block_vectors = std::min(count, panels * plan.vectors);
  // Some columns from beginning to end: memory likes long runs.
  if (plan.turned && plan.k > contract_chunk)
    plan.block_vectors = std::min(count, 2 * plan.vectors);
  if (plan.whole_rows && !plan.exchanged)
    plan.block_vectors = count;

  // Transposed in place, A costs a cache line for each k: copy panels while the lines are near.
  const bool pack_a = plan.a_col != 1 && plan.m >= 512 && count > 2 * plan.vectors;
  plan.packed_panels = pack_a ? std::max<std::int64_t>(l2 / 8 / (row_bytes * plan.rows), 1) : 0;
}

std::int64_t whole_lines(std::int64_t bytes) { return (bytes + 63) / 64 * 64; }

void set_slab(ContractPlan &plan) {
  const ContractKernels &kernels = *plan.kernels;
  const std::int64_t depth = std::min(plan.k, contract_chunk);
  const std::int64_t vector_bytes = kernels.lanes * kernels.item_bytes;
  plan.b_bytes = plan.packs_b ? whole_lines(depth * plan.block_vectors * vector_bytes) : 0;
  plan.a_bytes = whole_lines(depth * plan.packed_panels * plan.rows * kernels.item_bytes);
  plan.c_bytes = plan.scatter_c ? whole_lines(plan.m * plan.block_vectors * vector_bytes) : 0;
}

/// Pieces of one matrix: the grid whose largest piece costs least, counting the copy of B (as some
/// rows) and the reading of A (as some columns).
void set_grid(ContractPlan &plan, std::int64_t pieces) {
  const std::int64_t panels = ceil_div(plan.m, plan.rows);
  const std::int64_t columns = plan.column_units();
  const std::int64_t copy_rows = plan.packs_b ? 32 : 4;
  const std::int64_t most_rows = plan.whole_rows && plan.exchanged ? 1 : panels;
  const std::int64_t most_cols = plan.whole_rows && !plan.exchanged ? 1 : columns;
  double least = 0;
  for (std::int64_t cols = 1; cols <= std::min(pieces, most_cols); ++cols) {
    const std::int64_t rows = std::min(pieces / cols, most_rows);
    const double cost = static_cast<double>(ceil_div(panels, rows) * plan.rows + copy_rows) *
                        static_cast<double>(ceil_div(columns, cols) + 1);
    if (least == 0 || cost < least) {
      least = cost;
      plan.row_pieces = rows;
      plan.col_pieces = cols;
    }
  }
}

void set_pieces(ContractPlan &plan, const ContractArgs &args, std::int64_t workers) {
  plan.batches = 1;
  for (std::int64_t axis = 0; axis < args.batch.rank; ++axis)
    plan.batches *= args.batch.sizes[axis];
  plan.batch_pieces = plan.row_pieces = plan.col_pieces = 1;
  const double rows = static_cast<double>(plan.m) + (plan.m < 8 ? 8 : 0); // reading B costs too
  const double work = rows * static_cast<double>(plan.n) * static_cast<double>(plan.k);
  const auto worth = [workers](double total) { return worthy_pieces(total, workers); };
  if (workers <= 1)
    return;
  if (plan.batches >= workers)
    plan.batch_pieces = worth(work * static_cast<double>(plan.batches));
  else if (const std::int64_t pieces = worth(work); pieces > 1)
    set_grid(plan, pieces);
  else
    plan.batch_pieces = std::min(worth(work * static_cast<double>(plan.batches)), plan.batches);
}

} // namespace

std::int64_t packed_vectors(const ContractPlan &plan) {
  return tile_vectors(*plan.kernels, ContractKernels::most_rows, plan.column_vectors(), false);
}

ContractPlan plan_contract(const ContractArgs &args, Isa isa, std::int64_t workers) {
  ContractPlan plan;
  plan.kernels = &contract_kernels(args.dtype, isa);
  set_problem(plan, args);
  set_tile(plan);
  set_packing(plan);
  set_slab(plan);
  set_pieces(plan, args, workers);
  return plan;
}

void read_packed(ContractPlan &plan, const ContractArgs &args, std::int64_t workers) {
  plan.packs_b = false;
  plan.vectors = plan.unit = packed_vectors(plan);
  plan.rows = plan.kernels->max_rows[plan.vectors];
  plan.b_row = plan.vectors * plan.kernels->lanes;
  plan.b_col = plan.k; // from the first column of a panel: others are not asked for
  // A panel lies in one piece: memory likes long runs, and to be asked 4 KiB ahead.
  plan.block_vectors = plan.unit;
  plan.rows_ahead = 4096 / (plan.b_row * plan.kernels->item_bytes);
  set_slab(plan);
  set_pieces(plan, args, workers);
}

} // namespace jit
