// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What follows a contraction, in its kernel: a nest over the points of C.
#pragma once

#include "compiler/cuda/text/Contract.h"
#include "compiler/nest/Nest.h"

namespace jit::gpu {

/// Whether `nest`, of `points` points, reads no other element of C, its buffer 0, than that of its
/// point, and reduces nothing.
bool may_follow_contraction(const nest::Nest &nest, std::int64_t points);

/// Prints what the block does when its tile lies in C, which has so many columns: the `epilogue` of
/// a ContractForm.
EpilogueText print_epilogue(ModuleText &module, Lines &out, const nest::Nest &nest,
                            const ContractTile &tile, std::int64_t columns);

} // namespace jit::gpu
