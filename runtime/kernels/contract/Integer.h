// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contraction of integers and booleans.
#pragma once

#include "runtime/kernels/contract/Contract.h"

namespace jit {

/// contract() for boolean and integers; needs no scratch.
void contract_integers(const ContractArgs &args, const Parallel &parallel);

} // namespace jit
