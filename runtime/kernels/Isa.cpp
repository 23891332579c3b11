// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the instruction set level; the compiler's model asks cpuid and the saved register state.
#include "runtime/kernels/Isa.h"

namespace jit {

bool isa_supported(Isa isa) noexcept {
  __builtin_cpu_init();
  switch (isa) {
  case Isa::v3:
    return __builtin_cpu_supports("x86-64-v3");
  case Isa::v4:
    return __builtin_cpu_supports("x86-64-v4");
  }
  return false;
}

Isa detected_isa() noexcept {
  static const Isa isa = isa_supported(Isa::v4) ? Isa::v4 : Isa::v3;
  return isa;
}

} // namespace jit
