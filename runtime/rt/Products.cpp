// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// matmul and vecdot as ops; what is compiled calls tj_rt1_contract instead of matmul.
#include "runtime/kernels/Families.h"
#include "runtime/rt/Call.h"
#include "runtime/rt/Tables.h"

using namespace jit;
using namespace jit::rt;

static void run(const KernelCall &call, const KernelScratch &scratch) noexcept {
  if (!run_contraction(table_of_reductions(), call, scratch))
    __builtin_trap(); // scratch is the caller's
}
static constexpr Kernel kernel{run, contraction_scratch};

#define TRACEJIT_CONTRACTION_KERNEL TRACEJIT_RT_FUNCTIONS
#include "runtime/ops/OpKernels.inc"
