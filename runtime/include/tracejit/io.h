// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors in files: .npy and .npz, and IDX for reading.
#pragma once

#include <tracejit/tensor.h>

#include <filesystem>
#include <map>
#include <source_location>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace jit {

/// Writes the elements in row-major order as a .npy file of version 1. Whoever reads `path` sees
/// the old file or the new one, never a part. Throws invalid_argument for an empty tensor, io if
/// the file cannot be written.
void save(const std::filesystem::path &path, const Tensor &tensor,
          std::source_location site = std::source_location::current());

/// Reads a .npy file of dtype bool, uint8, int64, float32 or float64, in any order of bytes and
/// axes. Throws io if it cannot be read or is malformed, out_of_memory.
Tensor load(const std::filesystem::path &path,
            std::source_location site = std::source_location::current());

/// Several arrays one after the other in one .npy file, as NumPy writes them to an open file.
void save_all(const std::filesystem::path &path, const std::vector<Tensor> &tensors,
              std::source_location site = std::source_location::current());
std::vector<Tensor> load_all(const std::filesystem::path &path,
                             std::source_location site = std::source_location::current());

using NamedTensors = std::map<std::string, Tensor>;
enum class Compression : std::uint8_t { none, deflate };

/// A .npz file: arrays with names, as np.savez and np.savez_compressed write them. Throws
/// invalid_argument for an empty tensor, io if the file cannot be written or has 4 GiB or more.
void save_npz(const std::filesystem::path &path, const NamedTensors &tensors,
              Compression compression = Compression::none,
              std::source_location site = std::source_location::current());
/// Throws io if the file cannot be read or is malformed, out_of_memory.
NamedTensors load_npz(const std::filesystem::path &path,
                      std::source_location site = std::source_location::current());

/// Reads an IDX file of unsigned bytes, plain or compressed by gzip, as a u8 tensor. Throws io if
/// it cannot be read, is malformed or has more than 2^30 elements, out_of_memory.
Tensor load_idx(const std::filesystem::path &path,
                std::source_location site = std::source_location::current());

} // namespace jit
#pragma GCC visibility pop
