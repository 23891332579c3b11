// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contraction kernels for f64, compiled once for every ISA.
#include "runtime/kernels/contract/MakeKernels.h"

namespace jit::TRACEJIT_ISA {

constinit const ContractKernels contract_f64 = make_contract_kernels<F64, F64x4>();

} // namespace jit::TRACEJIT_ISA
