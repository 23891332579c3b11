// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that have no kernel for a device: the CPU's kernel runs on copies. It gives the same bits,
// and costs the way there and back.
#pragma once

#include "runtime/kernels/DeviceBackend.h"

namespace jit::gpu {

/// False: no memory, or the device cannot be used.
[[nodiscard]] bool run_on_host(DeviceBackend &device, const KernelCall &call) noexcept;

/// Ops that have run so far; for tests and `explain`.
std::uint64_t host_runs() noexcept;

} // namespace jit::gpu
