// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elements of windows added up where they came from.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/KernelTable.h"

namespace jit {

void fold(const KernelTable &table, const KernelCall &call) noexcept;

} // namespace jit
