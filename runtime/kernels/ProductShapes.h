// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// matmul and vecdot as kernels take them.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/StridedView.h"
#include "runtime/kernels/contract/Contract.h"

namespace jit {

/// Whether it is dot products of rows: vecdot, or a matmul of two vectors.
bool is_vecdot(const KernelCall &call) noexcept;

/// A matmul of a result with elements. The strides of the batch axes lie here.
struct MatmulShape {
  StridedView batch[3];
  ContractArgs args; ///< without scratch

  explicit MatmulShape(const KernelCall &call) noexcept;
  MatmulShape(const MatmulShape &) = delete;
};

/// Dot products of rows.
struct VecdotShape {
  StridedView full[2]; ///< operands, whose last axes are the rows
  StridedView rows[2]; ///< where rows begin, broadcast to the result, axes merged
  std::int64_t count;  ///< of elements of a row

  explicit VecdotShape(const KernelCall &call) noexcept;
};

} // namespace jit
