// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions on a device, by the kernels of the pack: for eager ops and steps of plans alike.
#pragma once

#include "runtime/cuda/Families.h"
#include "runtime/kernels/contract/Contract.h"

namespace jit::gpu {

/// contract() of addresses of the device. Scratch and epilogue are not looked at.
Launched run_product(Gpu &gpu, const ContractArgs &args) noexcept;
/// Loads the kernels for such shapes.
void load_product(Gpu &gpu, const ContractArgs &args) noexcept;

} // namespace jit::gpu
