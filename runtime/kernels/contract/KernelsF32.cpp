// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contraction kernels for f32, compiled once for every ISA.
#include "runtime/kernels/contract/MakeKernels.h"

namespace jit::TRACEJIT_ISA {

constinit const ContractKernels contract_f32 = make_contract_kernels<F32, F32x8>();

} // namespace jit::TRACEJIT_ISA
