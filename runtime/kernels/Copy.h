// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies between strided layouts, converting the dtype on the way.
#pragma once

#include "runtime/kernels/KernelTable.h"
#include "runtime/kernels/StridedView.h"

namespace jit {

/// Where a copy lands: any strides, extents of the source.
struct Target {
  std::byte *data;
  DType dtype;
  const std::int64_t *strides;
};

/// target[index] = source[index] for every index; over the pool if it is big.
void copy_view(const KernelTable &table, const StridedView &source, const Target &target) noexcept;

} // namespace jit
