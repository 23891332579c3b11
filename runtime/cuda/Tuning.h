// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The numbers that a device decides about. No bit of a result depends on them; none has been
// measured on a device yet.
#pragma once

namespace jit::gpu {

/// Blocks of a launch: more units than that are gone through in turn.
inline constexpr unsigned blocks_per_multiprocessor = 32;
/// Of a device that is not here, for which a program is compiled: those of an H200.
inline constexpr int assumed_multiprocessors = 132;

} // namespace jit::gpu
