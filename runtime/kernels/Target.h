// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Target: what generated code depends on besides the program.
#pragma once

#include "runtime/kernels/CacheSizes.h"
#include "runtime/kernels/Isa.h"
#include "runtime/kernels/KernelCall.h"

namespace jit {

/// What the code for a GPU depends on.
struct GpuTarget {
  DeviceNumber device = on_cpu; ///< whose module the program becomes
  int capability = 0;           ///< 90 is 9.0
};

struct Target {
  Isa isa = Isa::v3;
  CacheSizes caches;  ///< no bit of a result depends on them
  GpuTarget gpu = {}; ///< of programs that run there
};

/// The machine this process runs on, with the instruction set that is in use.
inline Target this_machine() noexcept { return {active_isa(), cache_sizes()}; }

} // namespace jit
