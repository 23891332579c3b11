// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The one view that may have to copy.
#include "runtime/kernels/Families.h"
#include "runtime/rt/Call.h"
#include "runtime/rt/Tables.h"

using namespace jit;
using namespace jit::rt;

static void run(const KernelCall &call, const KernelScratch &) noexcept {
  add(add_copies);
  copy_strided(*call.operands[0].meta, call.operands[0].data, call.results[0].data);
}
static constexpr Kernel kernel{run};

TRACEJIT_RT_FUNCTIONS(reshape)
