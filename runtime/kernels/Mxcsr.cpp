// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Out of line, so that no arithmetic of a caller moves across the change.
#include "runtime/kernels/Mxcsr.h"

namespace jit::detail {

std::uint32_t set_default_mxcsr() noexcept {
  const std::uint32_t value = _mm_getcsr();
  _mm_setcsr(default_mxcsr);
  return value;
}

void restore_mxcsr(std::uint32_t value) noexcept { _mm_setcsr(value); }

} // namespace jit::detail
