// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// IDX files of unsigned bytes (the format of MNIST), plain or compressed by gzip.
// Safe on hostile input: sizes are checked and capped before anything is allocated.
#pragma once

#include "runtime/base/Result.h"

#include <tracejit/dims.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace jit {

struct IdxArray {
  DimList shape;
  std::vector<std::uint8_t> data; ///< row-major, as many as the shape says
};

/// Decoded files are at most this large.
inline constexpr std::size_t max_idx_bytes = std::size_t{1} << 30;

/// The message names the rule that is broken.
Result<IdxArray> parse_idx(std::span<const std::byte> file);
Result<IdxArray> read_idx(const std::filesystem::path &path);

} // namespace jit
