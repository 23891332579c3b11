// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sorting and searching.
#include "runtime/kernels/Families.h"
#include "runtime/rt/Call.h"
#include "runtime/rt/Tables.h"

using namespace jit;
using namespace jit::rt;

static void run(const KernelCall &call, const KernelScratch &scratch) noexcept {
  if (!run_sort(table_with(add_copies), call, scratch))
    __builtin_trap(); // scratch is the caller's
}
static constexpr Kernel kernel{run, sort_scratch};

#define TRACEJIT_SORT_KERNEL TRACEJIT_RT_FUNCTIONS
#include "runtime/ops/OpKernels.inc"
