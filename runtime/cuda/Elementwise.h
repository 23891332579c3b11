// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Eager elementwise ops, casts and copies on a GPU: which kernel of the pack, and its arguments.
#pragma once

#include "runtime/kernels/KernelCall.h"

namespace jit::gpu {

class Gpu;

enum class Launched : std::uint8_t {
  yes,
  no_kernel, ///< the pack has none; nothing was done
  refused,   ///< see Gpu::refusal
};
Launched run_elementwise(Gpu &gpu, const KernelCall &call) noexcept;

/// Op full.
Launched run_fill(Gpu &gpu, const KernelCall &call) noexcept;
/// A reshape that copies: the elements of operand 0, in its order.
Launched run_reshape(Gpu &gpu, const KernelCall &call) noexcept;

} // namespace jit::gpu
