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
/// Adds a kernel that joins the parts of a product of a float dtype, each as dense as C, and does
/// what follows. Its argument: their address, how many they are in 8 bytes, then as above; C itself
/// may be the only part. Gives why it cannot be; nothing: it is there. Units have joined_points.
std::string add_joined_epilogue(ModuleText &module, const std::string &name, DType dtype,
                                const nest::Nest &nest);
inline constexpr unsigned joined_points = 256;

} // namespace jit::gpu
