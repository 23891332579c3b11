// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that make values out of numbers.
#include "runtime/kernels/Families.h"
#include "runtime/rt/Call.h"
#include "runtime/rt/Tables.h"

using namespace jit;
using namespace jit::rt;

static void run(const KernelCall &call, const KernelScratch &scratch) noexcept {
  if (!run_creation(table_with(add_copies, add_random), call, scratch))
    __builtin_trap(); // scratch is the caller's
}
static std::size_t scratch(const KernelCall &call, std::int64_t) noexcept {
  return creation_scratch(call);
}
static constexpr Kernel kernel{run, scratch};

#define TRACEJIT_CREATION_KERNEL TRACEJIT_RT_FUNCTIONS
#include "runtime/ops/OpKernels.inc"
