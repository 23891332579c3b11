// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Form flat: kernels without rows. A unit is as many vectors of neighbouring points as the block
// has threads, once or a few times.
#pragma once

#include "compiler/cuda/text/Form.h"

namespace jit::gpu {

struct FlatOptions {
  bool aligned = true;  ///< buffers begin at multiples of 16 bytes
  unsigned vectors = 0; ///< a thread and unit; 0: as many as its registers should hold
};

/// Adds the kernel, under the nest's name, with `_u` behind it if buffers are not aligned. The
/// nest must have form flat.
KernelResult add_flat(ModuleText &module, const nest::Nest &nest, const FlatOptions &options = {});

} // namespace jit::gpu
