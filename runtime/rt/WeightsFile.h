// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The head of a file of weights, for who writes and who maps it: the magic, bytes of data, their
// SHA-256, zeros up to `header_bytes`; then the data.
#pragma once

#include <cstddef>

namespace jit::weights_file {

inline constexpr std::size_t header_bytes = 4096;
inline constexpr char magic[8] = {'T', 'J', 'W', 'T', 'S', '1', '\n', '\0'};

} // namespace jit::weights_file
