// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that have no kernel for a device: the CPU's kernel runs on copies. It gives the same bits,
// and costs the way there and back.
#pragma once

#include "runtime/kernels/DeviceBackend.h"
#include "runtime/program/Plan.h"

namespace jit::gpu {

/// False: no memory, or the device cannot be used.
[[nodiscard]] bool run_on_host(DeviceBackend &device, const KernelCall &call) noexcept;

/// A product without its epilogue. The addresses are those of element [0, ..., 0].
struct ProductPlaces {
  const std::byte *a, *b;
  std::byte *c;
};
[[nodiscard]] bool contract_on_host(DeviceBackend &device, const ContractStep &step,
                                    const ProductPlaces &places) noexcept;

/// Ops that have run so far; for tests and `explain`.
std::uint64_t host_runs() noexcept;

} // namespace jit::gpu
