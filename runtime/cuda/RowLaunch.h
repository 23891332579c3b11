// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What launches of kernels over rows have in common.
#pragma once

#include "runtime/cuda/Families.h"
#include "runtime/cuda/Gpu.h"
#include "runtime/cuda/RowArgs.h"
#include "runtime/cuda/Scratch.h"

#include <initializer_list>

namespace jit::gpu {

/// Threads of their blocks.
inline constexpr std::int64_t row_threads = 256;

constexpr std::int64_t ceil_div(std::int64_t x, std::int64_t y) noexcept { return (x + y - 1) / y; }

/// The kernel of the pack with these words between underscores; null if there is none.
const KernelFunction *find_kernel(Gpu &gpu, std::initializer_list<std::string_view> words) noexcept;

/// As many blocks as `units`.
Launched start(Gpu &gpu, const KernelFunction *kernel, std::int64_t units,
               std::span<const std::byte> args, unsigned shared_bytes = 0) noexcept;
template <class Args>
Launched start(Gpu &gpu, const KernelFunction *kernel, std::int64_t units, const Args &args,
               unsigned shared_bytes = 0) noexcept {
  return start(gpu, kernel, units, std::as_bytes(std::span(&args, 1)), shared_bytes);
}

/// x becomes a copy of the dtype, without gaps.
Launched convert(Gpu &gpu, DeviceScratch &scratch, DType to, StridedView &x) noexcept;

/// Fills the kernels' axes with those of a view.
void set_axes(RowAxes &axes, const StridedView &view) noexcept;

/// Whether vectors of so many elements begin at multiples of their size in every row.
bool is_aligned(const std::byte *data, const StridedView &begins, DType dtype,
                std::int64_t vector) noexcept;

/// Threads that share a chunk of so many elements.
unsigned members_of(std::int64_t elements, std::int64_t vector) noexcept;

} // namespace jit::gpu
