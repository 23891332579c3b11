// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that copy elements to new places.
#include "runtime/kernels/Families.h"
#include "runtime/rt/Call.h"
#include "runtime/rt/Tables.h"

using namespace jit;
using namespace jit::rt;

static void run(const KernelCall &call, const KernelScratch &) noexcept {
  run_movement(table_with(add_copies), call);
}
static constexpr Kernel kernel{run};

#define TRACEJIT_MOVEMENT_KERNEL TRACEJIT_RT_FUNCTIONS
#include "runtime/ops/OpKernels.inc"
