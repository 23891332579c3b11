// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions on a device, by the kernels of the pack: for eager ops and steps of plans alike.
#pragma once

#include "runtime/cuda/Families.h"
#include "runtime/kernels/contract/Contract.h"

namespace jit::gpu {

class DeviceScratch;

/// contract() of addresses of the device. Scratch and epilogue are not looked at.
Launched run_product(Gpu &gpu, const ContractArgs &args) noexcept;

/// A product as parts of equal size, whose sum in order it is.
struct ProductParts {
  const void *first;
  std::uint64_t count; ///< 1: it is C
};
/// The same, but that parts are left to be added: in memory of `scratch`.
Launched run_parts(Gpu &gpu, const ContractArgs &args, DeviceScratch &scratch,
                   ProductParts &parts) noexcept;

/// Loads the kernels for such shapes.
void load_product(Gpu &gpu, const ContractArgs &args) noexcept;

} // namespace jit::gpu
