// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernels of contractions of any sizes and strides.
#pragma once

#include "compiler/cuda/text/ModuleText.h"

namespace jit::gpu {

/// Contractions of each dtype and tile, joins of parts, and dot products of rows
/// (runtime/cuda/ContractTiles.h).
void add_products(ModuleText &module);

} // namespace jit::gpu
