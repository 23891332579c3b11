// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Weights that products of few rows read again and again: packed once, then read as they are.
#pragma once

#include "runtime/kernels/contract/Contract.h"
#include "runtime/kernels/contract/Plan.h"
#include "runtime/tensor/PackedMatrix.h"

namespace jit {

/// Whether a product of few rows would read B, the same for its whole batch, faster packed.
bool wants_packed(const ContractPlan &plan, const ContractArgs &args);

/// B of such a product, packed, or null: counts the uses, and packs at the eighth, or later
/// where products do not pack B themselves, with the workers of the product. The storage holds B.
const PackedMatrix *packed_weights(Storage &storage, const ContractPlan &plan,
                                   const ContractArgs &args, const Parallel &parallel);

} // namespace jit
