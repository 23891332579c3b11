// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies between strided layouts, converting the dtype on the way.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/KernelTable.h"
#include "runtime/kernels/StridedView.h"

#include <cstring>

namespace jit {

/// Where a copy lands: any strides, extents of the source.
struct CopyTarget {
  std::byte *data;
  DType dtype;
  const std::int64_t *strides;
};

/// The axis along which a view is contiguous although that is not its last one, so that a blocked
/// transpose pays; -1: there is none. `view` has merged axes.
int transposed_axis(const StridedView &view) noexcept;

/// target[index] = source[index] for every index; over the pool if it is big.
void copy_view(const KernelTable &table, const StridedView &source,
               const CopyTarget &target) noexcept;

/// Every element is the number; over the pool if there are many.
void fill(const KernelTable &table, const KernelResult &result, Scalar value) noexcept;

/// One element of `size` bytes, the size of a dtype.
inline void copy_element(std::byte *to, const std::byte *from, std::int64_t size) noexcept {
  if (size == 4)
    std::memcpy(to, from, 4);
  else if (size == 8)
    std::memcpy(to, from, 8);
  else if (size == 2)
    std::memcpy(to, from, 2);
  else
    *to = *from;
}

} // namespace jit
