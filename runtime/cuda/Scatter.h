// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Updates put at places along an axis, or combined with what is there: for every place in ascending
// order of the updates, as on the CPU.
#pragma once

#include "runtime/cuda/Families.h"

namespace jit::gpu {

Launched scatter(Gpu &gpu, const KernelCall &call) noexcept;
Launched scatter_along_axis(Gpu &gpu, const KernelCall &call) noexcept;

} // namespace jit::gpu
