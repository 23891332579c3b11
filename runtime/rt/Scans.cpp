// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scans.
#include "runtime/kernels/Families.h"
#include "runtime/rt/Call.h"
#include "runtime/rt/Tables.h"

using namespace jit;
using namespace jit::rt;

static void run(const KernelCall &call, const KernelScratch &scratch) noexcept {
  run_scan(table_with(add_copies, add_conversions, add_scans), call, scratch.workers);
}
static constexpr Kernel kernel{run};

#define TRACEJIT_SCAN_KERNEL TRACEJIT_RT_FUNCTIONS
#include "runtime/ops/OpKernels.inc"
