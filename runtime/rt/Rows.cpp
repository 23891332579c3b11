// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops on whole rows.
#include "runtime/kernels/Families.h"
#include "runtime/rt/Call.h"
#include "runtime/rt/Tables.h"

using namespace jit;
using namespace jit::rt;

static const KernelTable &table() noexcept {
  table_of_elements();
  return table_of_reductions();
}
static void run(const KernelCall &call, const KernelScratch &scratch) noexcept {
  if (!run_row(table(), info(call.op), call, scratch))
    __builtin_trap(); // scratch is the caller's
}
static std::size_t scratch(const KernelCall &call, std::int64_t workers) noexcept {
  return row_scratch(table(), info(call.op), call, workers);
}
static constexpr Kernel kernel{run, scratch};

#define TRACEJIT_ROW_KERNEL TRACEJIT_RT_FUNCTIONS
#include "runtime/ops/OpKernels.inc"
