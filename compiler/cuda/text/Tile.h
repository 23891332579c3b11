// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Form tile: kernels without rows that read some operand along another axis than they store. A unit
// is a square of points; such operands pass through shared memory, so that neighbouring threads
// read neighbours and store neighbours.
#pragma once

#include "compiler/cuda/text/Form.h"

#include <optional>

namespace jit::gpu {

struct Tiling {
  unsigned across; ///< the axis along which those operands lie in memory
  unsigned along;  ///< the last axis, along which the kernel stores
  std::vector<unsigned> loads;
};
/// Nothing if the kernel gains nothing from tiles.
std::optional<Tiling> tiling_of(const nest::Nest &nest);

KernelResult add_tile(ModuleText &module, const nest::Nest &nest, const Tiling &tiling);

} // namespace jit::gpu
