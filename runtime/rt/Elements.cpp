// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elementwise ops.
#include "runtime/kernels/Families.h"
#include "runtime/rt/Call.h"
#include "runtime/rt/Tables.h"

using namespace jit;
using namespace jit::rt;

static void run(const KernelCall &call, const KernelScratch &) noexcept {
  run_elementwise(table_of_elements(), info(call.op), call);
}
static constexpr Kernel kernel{run};

#define TRACEJIT_ELEMENTWISE_KERNEL TRACEJIT_RT_FUNCTIONS
#include "runtime/ops/OpKernels.inc"
