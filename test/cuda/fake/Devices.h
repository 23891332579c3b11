// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What devices of NVIDIA's have, by compute capability.
#pragma once

#include "runtime/cuda/DriverTypes.h"
#include "test/cuda/fake/Settings.h"

namespace jit::gpu::fake {

inline constexpr unsigned max_threads = 1024;      // of a block
inline constexpr unsigned max_grid_x = 0x7fffffff; // and 65,535 in y and z
inline constexpr unsigned max_grid_yz = 65535;
inline constexpr int default_shared_bytes = 48 << 10; // of a block, unless a function asks for more
inline constexpr unsigned max_argument_bytes = 4096;

/// Bytes of shared memory that a function of the device can ask for.
int max_shared_bytes(const Settings &settings);

} // namespace jit::gpu::fake
