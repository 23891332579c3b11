// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// KernelFunction: a kernel of a loaded module, ready to be launched.
#pragma once

#include "runtime/cuda/DriverTypes.h"

namespace jit::gpu {

/// How its blocks are; without a handle there is none.
struct KernelFunction {
  Function handle = nullptr;
  const char *name = ""; ///< lives as long as the process
  unsigned threads = 0, shared_bytes = 0;
};

} // namespace jit::gpu
