// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// KernelBlob: a compiled kernel as bytes that run wherever they lie.
#pragma once

#include <cstddef>
#include <vector>

namespace jit {

/// The functions of one kernel with the constants that they read in front of them. Only distances
/// within the blob occur in it, so it may lie at any multiple of `alignment`.
struct KernelBlob {
  static constexpr std::size_t alignment = 64;
  std::vector<std::byte> bytes;
  std::vector<std::size_t> entries; ///< offsets of the functions, in the order they were asked for
};

} // namespace jit
