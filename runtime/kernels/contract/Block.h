// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loops around the register tiles of a contraction of floats.
#pragma once

#include "runtime/kernels/contract/Plan.h"

#include <cstddef>

namespace jit {

/// One matrix of a batch and the part of it that a worker computes, in terms of the plan (after
/// the exchange of A and B, if any).
struct ContractPart {
  const std::byte *a;
  const std::byte *b;
  std::byte *c;
  std::int64_t c_row;
  std::int64_t batch;
  std::int64_t row, rows;
  std::int64_t vector, vectors; ///< columns, in vectors
  std::byte *slab;              ///< plan.slab_bytes() bytes for this worker alone
};

void run_contract_part(const ContractPlan &plan, const Epilogue &epilogue,
                       const ContractPart &part);

} // namespace jit
