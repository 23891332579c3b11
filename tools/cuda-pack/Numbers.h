// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers among the arguments of kernels.
#pragma once

#include "compiler/cuda/text/Element.h"

namespace jit::gpu {

/// An expression of the dtype's type in memory for the low bits of an `unsigned long long`.
std::string number_in_memory(Emitter &e, DType dtype, const std::string &bits);

} // namespace jit::gpu
