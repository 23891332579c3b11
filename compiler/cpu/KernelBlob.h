// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// KernelBlob: a compiled kernel as bytes that run wherever they lie.
#pragma once

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/MemoryBufferRef.h>

#include <cstddef>
#include <string>
#include <vector>

namespace jit::cpu {

/// The functions of one kernel with the constants that they read in front of them. Only distances
/// within the blob occur in it, so it may lie at any multiple of `alignment`.
struct KernelBlob {
  static constexpr std::size_t alignment = 64;
  std::vector<std::byte> bytes;
  std::vector<std::size_t> entries; ///< offsets of the functions, in the order they were asked for
};

/// Cuts an object with a section for each function into blobs, one for each list of functions. An
/// empty message, or why it cannot be done: code that needs anything outside of the object.
std::string cut_object(llvm::MemoryBufferRef object,
                       llvm::ArrayRef<std::vector<std::string>> kernels,
                       std::vector<KernelBlob> &blobs);

} // namespace jit::cpu
