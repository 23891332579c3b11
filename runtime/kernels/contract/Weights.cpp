// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/contract/Weights.h"

#include "runtime/kernels/CacheSizes.h"
#include "runtime/tensor/Impl.h"

#include <algorithm>

namespace jit {
namespace {

/// A copy that is dropped at once costs this share of the uses before it, most where B would not
/// have been packed anyway.
std::uint32_t packing_use(const ContractPlan &plan) { return plan.packs_b ? 8 : 16; }

/// Stands for a matrix that some thread is packing.
constinit PackedMatrix being_packed;

MatrixAt matrix_of(const ContractArgs &args) {
  return {static_cast<const std::byte *>(args.b),
          args.dtype,
          args.k,
          args.n,
          args.b_row_stride,
          args.b_col_stride};
}

/// Broadcast, a matrix may be larger than what it lies in.
bool fits_in(const Storage &storage, const MatrixAt &matrix) {
  const auto elements = static_cast<std::int64_t>(storage.bytes / itemsize(matrix.dtype));
  return matrix.n > 0 && matrix.k <= elements / matrix.n;
}

/// Counts this use: of the same matrix as the last ones, or the first. Two threads may lose one.
bool is_packing_use(Storage &storage, const MatrixAt &matrix, std::uint32_t wanted) {
  constexpr std::uint64_t count_bits = 0x3f, counted = 0x20;
  std::uint64_t name = 0;
  for (const std::int64_t part : {static_cast<std::int64_t>(matrix.data - storage.data), matrix.k,
                                  matrix.n, matrix.row_stride, matrix.column_stride})
    name = (name ^ static_cast<std::uint64_t>(part)) * 0x9e3779b97f4a7c15u;
  name = (name & ~count_bits) | counted;
  const std::uint64_t last = storage.last_product.load(std::memory_order_relaxed);
  const std::uint64_t uses = last - name < wanted ? last - name + 1 : 1;
  storage.last_product.store(name + uses % wanted, std::memory_order_relaxed);
  return uses == wanted;
}

struct Packing {
  const ContractPlan &plan;
  const PackedMatrix &to;
};

/// Some k at a time, so that what is written stays near.
void pack_panel(void *context, std::int64_t panel) {
  const auto &[plan, to] = *static_cast<const Packing *>(context);
  const auto item = static_cast<std::int64_t>(itemsize(to.from.dtype));
  const std::int64_t width = to.width, first = panel * width;
  for (std::int64_t k = 0; k < to.from.k; k += contract_chunk) {
    const std::int64_t at = k * to.from.row_stride + first * to.from.column_stride;
    plan.pack_b({to.from.data + at * item, to.from.row_stride, to.from.column_stride,
                 std::min(contract_chunk, to.from.k - k), std::min(width, to.from.n - first),
                 to.data + (first * to.from.k + k * width) * item, width});
  }
}

} // namespace

bool wants_packed(const ContractPlan &plan, const ContractArgs &args) {
  constexpr std::int64_t most_rows = 256; // more make little of the time that packing takes
  if (plan.exchanged || plan.whole_rows || plan.turned || plan.m > most_rows)
    return false;
  // Columns up to a whole panel are copied too.
  const std::int64_t width = packed_vectors(plan) * plan.kernels->lanes;
  if (ceil_div(plan.n, width) * width > plan.n + plan.n / 4)
    return false;
  const auto strides = args.batch.b_strides;
  if (!std::all_of(strides, strides + args.batch.rank, [](auto stride) { return stride == 0; }))
    return false;
  // In place, a small one is read as fast.
  return plan.packs_b || plan.k * plan.n * plan.kernels->item_bytes > cache_sizes().l2 / 2;
}

const PackedMatrix *packed_weights(Storage &storage, const ContractPlan &plan,
                                   const ContractArgs &args, const Parallel &parallel) {
  const MatrixAt matrix = matrix_of(args);
  const std::int64_t width = packed_vectors(plan) * plan.kernels->lanes;
  PackedMatrix *packed = storage.packed.load(std::memory_order_acquire);
  if (packed)
    return packed->from == matrix && packed->width == width ? packed : nullptr;
  if (!fits_in(storage, matrix) || !is_packing_use(storage, matrix, packing_use(plan)) ||
      !storage.packed.compare_exchange_strong(packed, &being_packed, std::memory_order_relaxed))
    return nullptr;
  packed = new_packed(matrix, width);
  if (packed) {
    Packing packing{plan, *packed};
    const std::int64_t panels = ceil_div(matrix.n, width);
    if (parallel.workers > 1)
      parallel.run(parallel.pool, static_cast<std::uint64_t>(matrix.n * matrix.k), panels,
                   pack_panel, &packing);
    else
      for (std::int64_t panel = 0; panel < panels; ++panel)
        pack_panel(&packing, panel);
  }
  storage.packed.store(packed, std::memory_order_release);
  return packed;
}

} // namespace jit
