// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/isa/Elements.h"
#include "runtime/kernels/isa/Parts.h"

namespace jit::TRACEJIT_ISA {

void add_elements_narrow(KernelTable &table) noexcept {
  add_elements_of<bool>(table);
  add_elements_of<std::uint8_t>(table); // bytes of images: a third of the time of a way through i32
  add_narrow_elements_of<std::int8_t>(table);
  add_narrow_elements_of<std::int16_t>(table);
  add_narrow_elements_of<std::uint16_t>(table);
}

} // namespace jit::TRACEJIT_ISA
