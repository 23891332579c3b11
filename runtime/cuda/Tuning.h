// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The numbers that a device decides about. No bit of a result depends on them; none has been
// measured on a device yet.
#pragma once

#include <cstdint>

namespace jit::gpu {

/// Blocks of a launch: more units than that are gone through in turn.
inline constexpr unsigned blocks_per_multiprocessor = 32;
/// Of a device that is not here, for which a program is compiled: those of an H200.
inline constexpr int assumed_multiprocessors = 132;
/// A scatter gives each column to one thread if it has no more indices, or if there are so many
/// columns; else its indices are sorted.
inline constexpr std::int64_t indices_a_thread = 64, columns_enough = 65536;
/// Indices that a block looks at for their range, before there is another block.
inline constexpr std::int64_t range_per_block = 4096;

} // namespace jit::gpu
