// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What stands for the pack where the build had no compiler for it.
#include "runtime/cuda/Pack.h"

namespace jit::gpu {

const Pack &pack() noexcept {
  static constexpr Pack none{{}, {}, {}, nullptr};
  return none;
}

} // namespace jit::gpu
