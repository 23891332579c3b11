// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contraction of integers and booleans.
#pragma once

#include "runtime/kernels/contract/Contract.h"

namespace jit {

/// contract() for boolean, u8 and i64; needs no scratch.
void contract_integers(const ContractArgs &args, const Parallel &parallel);

} // namespace jit
