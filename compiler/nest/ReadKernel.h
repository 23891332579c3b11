// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a kernel.func to a nest.
#pragma once

#include "compiler/nest/Nest.h"
#include "dialects/kernel/KernelDialect.h"

namespace jit::nest {

/// Empty message on success.
std::string read_kernel(kernel::FuncOp function, Nest &nest);

} // namespace jit::nest
