// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels that put elements at places along an axis.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/KernelTable.h"

namespace jit {

/// result = x; result[o, index[j], i] is combined with updates[o, j, i] for ascending j.
void scatter(const KernelTable &table, const KernelCall &call) noexcept;
/// The same with index[o, j, i].
void scatter_along_axis(const KernelTable &table, const KernelCall &call) noexcept;

} // namespace jit
