// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies within a dtype, and integers read as places. Apart from other conversions, so that
// programs which only move elements need not hold those.
#include "runtime/kernels/isa/Convert.h"
#include "runtime/kernels/isa/CopyRuns.h"
#include "runtime/kernels/isa/Parts.h"
#include "runtime/kernels/isa/Transpose.h"

namespace jit::TRACEJIT_ISA {

void add_copies(KernelTable &table) noexcept {
  for_dtypes([&]<class To>(std::type_identity<To>) {
    for_dtypes([&]<class From>(std::type_identity<From>) {
      if constexpr (is_copied<To, From>)
        table.convert[slot(dtype_of<To>)][slot(dtype_of<From>)] = convert<To, From>;
    });
    table.copy_runs[slot(dtype_of<To>)] = copy_runs<sizeof(To)>;
    table.transpose[slot(dtype_of<To>)] = transpose<To>;
  });
}

} // namespace jit::TRACEJIT_ISA
