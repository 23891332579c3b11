// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors in files: .npy, and IDX for reading.
#pragma once

#include <tracejit/tensor.h>

#include <filesystem>
#include <source_location>

#pragma GCC visibility push(default)
namespace jit {

/// Writes the elements in row-major order as a .npy file of version 1. Whoever reads `path` sees
/// the old file or the new one, never a part. Throws invalid_argument for an empty tensor, io if
/// the file cannot be written.
void save(const std::filesystem::path &path, const Tensor &tensor,
          std::source_location site = std::source_location::current());

/// Reads a .npy file of dtype bool, uint8, int64, float32 or float64, little endian, any order.
/// Throws io if it cannot be read or is malformed, out_of_memory.
Tensor load(const std::filesystem::path &path,
            std::source_location site = std::source_location::current());

/// Reads an IDX file of unsigned bytes, plain or compressed by gzip, as a u8 tensor. Throws io if
/// it cannot be read, is malformed or has more than 2^30 elements, out_of_memory.
Tensor load_idx(const std::filesystem::path &path,
                std::source_location site = std::source_location::current());

} // namespace jit
#pragma GCC visibility pop
