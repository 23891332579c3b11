// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PTX cut into small modules, packed, and written as source for libtracejit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jit::gpu {

struct PtxKernel {
  std::string name;
  unsigned threads; ///< of a block: `.maxntid`; 0: it does not say
};
struct PtxModule {
  std::vector<PtxKernel> kernels;
  std::string text;
};

/// A module for all kernels that share a name but for what follows the last `_`, with what they
/// need. `unit` is named in the first line.
std::vector<PtxModule> split_ptx(std::string_view ptx, const std::string &unit);

/// For unpack() (runtime/cuda/Unpack.h).
std::string packed(std::string_view text);

} // namespace jit::gpu
