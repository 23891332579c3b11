// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Eager ops on a GPU, one function a family: which kernels of the pack, and their arguments.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/StridedView.h"

namespace jit::gpu {

class Gpu;

enum class Launched : std::uint8_t {
  yes,
  no_kernel, ///< the pack has none; nothing was done
  refused,   ///< see Gpu::refusal
};

/// The family of call.op, by one of the functions below.
Launched run_family(Gpu &gpu, const KernelCall &call) noexcept;

/// With casts.
Launched run_elementwise(Gpu &gpu, const KernelCall &call) noexcept;
/// Op full.
Launched run_fill(Gpu &gpu, const KernelCall &call) noexcept;
/// A reshape that copies: the elements of operand 0, in its order.
Launched run_reshape(Gpu &gpu, const KernelCall &call) noexcept;
Launched run_reduction(Gpu &gpu, const KernelCall &call) noexcept;
Launched run_row(Gpu &gpu, const KernelCall &call) noexcept;
Launched run_scan(Gpu &gpu, const KernelCall &call) noexcept;
/// matmul and vecdot.
Launched run_contraction(Gpu &gpu, const KernelCall &call) noexcept;
Launched run_movement(Gpu &gpu, const KernelCall &call) noexcept;
Launched run_index(Gpu &gpu, const KernelCall &call) noexcept;
Launched run_creation(Gpu &gpu, const KernelCall &call) noexcept;
Launched run_sort(Gpu &gpu, const KernelCall &call) noexcept;

/// The elements of a view in its order, converted, without gaps.
Launched run_copy(Gpu &gpu, const StridedView &from, DType to, std::byte *result) noexcept;
/// One number everywhere.
Launched run_fill(Gpu &gpu, const KernelResult &result, Scalar number) noexcept;

} // namespace jit::gpu
