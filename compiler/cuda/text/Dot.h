// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dot products of rows as text.
#pragma once

#include "compiler/cuda/text/ModuleText.h"
#include "runtime/cuda/ContractTiles.h"

namespace jit::gpu {

/// Adds a kernel whose argument is DotArgs. A block has a chunk of a row, and a thread for each
/// chain of the order `inner`, so it has dot_threads(dtype) of them.
void add_dot(ModuleText &module, const std::string &name, DType dtype);

} // namespace jit::gpu
