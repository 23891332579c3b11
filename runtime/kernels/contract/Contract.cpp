// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Entry of contractions: plans the work and hands its pieces to the workers.
#include "runtime/kernels/contract/Contract.h"

#include "runtime/kernels/ThreadPool.h"
#include "runtime/kernels/contract/Batch.h"
#include "runtime/kernels/contract/Block.h"
#include "runtime/kernels/contract/Integer.h"
#include "runtime/kernels/contract/SmallProducts.h"
#include "runtime/kernels/contract/Weights.h"

#include <utility>

namespace jit {
namespace {

struct Job {
  const ContractArgs &args;
  const ContractPlan &plan;
  const PackedMatrix *packed; ///< or null: B is read as it is
  EvenSplit batches;          ///< over batch_pieces
  std::int64_t entry = 0;     ///< of the batch, when a grid cuts each matrix
};

/// Rows `row_piece` and columns `col_piece` of the grid over one matrix, in the slab of `piece`.
void run_part(const Job &job, std::int64_t entry, std::int64_t row_piece, std::int64_t col_piece,
              std::int64_t piece) {
  const ContractArgs &args = job.args;
  const ContractPlan &plan = job.plan;
  const std::int64_t item = plan.kernels->item_bytes;
  const EvenSplit rows(plan.m, plan.row_pieces);
  const UnitSplit cols(plan.column_vectors(), plan.unit, plan.col_pieces);
  const BatchOffsets at = batch_offsets(args.batch, entry);
  ContractPart part;
  part.a = static_cast<const std::byte *>(args.a) + at.a * item;
  part.b = job.packed ? job.packed->data : static_cast<const std::byte *>(args.b) + at.b * item;
  if (plan.exchanged)
    std::swap(part.a, part.b);
  part.c = static_cast<std::byte *>(args.c) + at.c * item;
  part.c_row = args.c_row_stride;
  part.batch = entry;
  part.row = rows.begin(row_piece);
  part.rows = rows.size(row_piece);
  part.vector = cols.begin(col_piece);
  part.vectors = cols.size(col_piece);
  part.slab = static_cast<std::byte *>(args.scratch) + piece * plan.slab_bytes();
  run_contract_part(plan, args.epilogue, part);
}

void run_batches(void *context, std::int64_t piece) {
  const Job &job = *static_cast<const Job *>(context);
  const std::int64_t begin = job.batches.begin(piece);
  for (std::int64_t i = 0; i < job.batches.size(piece); ++i)
    run_part(job, begin + i, 0, 0, piece);
}

void run_grid(void *context, std::int64_t piece) {
  const Job &job = *static_cast<const Job *>(context);
  run_part(job, job.entry, piece / job.plan.col_pieces, piece % job.plan.col_pieces, piece);
}

/// Pieces are as many as there are workers, whatever the size.
std::uint64_t kind_of(const ContractPlan &plan) {
  std::uint64_t kind = 0;
  for (const std::int64_t size : {plan.batches, plan.m, plan.n, plan.k})
    kind = (kind ^ static_cast<std::uint64_t>(size)) * 0x9e3779b97f4a7c15u;
  return kind;
}

bool is_empty(const ContractArgs &args) {
  return args.m == 0 || args.n == 0 || batch_size(args.batch) == 0;
}

} // namespace

std::size_t contract_scratch_bytes(const ContractArgs &given, Isa isa, const Parallel &parallel) {
  const ContractArgs args = folded_batch(given);
  if (is_empty(args) || !is_float(args.dtype))
    return 0;
  if (SmallProducts(args, isa, parallel.workers).fit())
    return 0;
  const ContractPlan plan = plan_contract(args, isa, parallel.workers);
  return static_cast<std::size_t>(plan.slab_bytes() * plan.pieces());
}

bool contract_keeps_packed(const ContractArgs &given, Isa isa, const Parallel &parallel) {
  const ContractArgs args = folded_batch(given);
  return !is_empty(args) && is_float(args.dtype) &&
         !SmallProducts(args, isa, parallel.workers).fit() &&
         wants_packed(plan_contract(args, isa, parallel.workers), args);
}

void contract(const ContractArgs &given, Isa isa, const Parallel &parallel) {
  const ContractArgs args = folded_batch(given);
  if (is_empty(args))
    return;
  if (!is_float(args.dtype))
    return contract_integers(args, parallel);
  if (const SmallProducts small(args, isa, parallel.workers); small.fit())
    return small.run(parallel);
  ContractPlan plan = plan_contract(args, isa, parallel.workers);
  const PackedMatrix *const packed = args.b_storage && wants_packed(plan, args)
                                         ? packed_weights(*args.b_storage, plan, args, parallel)
                                         : nullptr;
  if (packed)
    read_packed(plan, args, parallel.workers);
  Job job{args, plan, packed, EvenSplit(plan.batches, plan.batch_pieces)};
  const std::int64_t grid = plan.row_pieces * plan.col_pieces;
  if (grid > 1)
    for (; job.entry < plan.batches; ++job.entry)
      parallel.run(parallel.pool, kind_of(plan), grid, run_grid, &job);
  else if (plan.batch_pieces > 1)
    parallel.run(parallel.pool, kind_of(plan), plan.batch_pieces, run_batches, &job);
  else
    run_batches(&job, 0);
}

} // namespace jit
