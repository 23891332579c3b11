// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/isa/Elements.h"
#include "runtime/kernels/isa/Parts.h"

namespace jit::TRACEJIT_ISA {

void add_elements_f64(KernelTable &table) noexcept { add_elements_of<double>(table); }

} // namespace jit::TRACEJIT_ISA
