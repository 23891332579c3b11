// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/isa/Elements.h"
#include "runtime/kernels/isa/Parts.h"

namespace jit::TRACEJIT_ISA {

void add_elements_i32(KernelTable &table) noexcept { add_elements_of<std::int32_t>(table); }

} // namespace jit::TRACEJIT_ISA
