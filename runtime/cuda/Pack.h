// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernels of eager ops as PTX, which lies in libtracejit: made at build time from the text that
// tools/cuda-pack prints.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace jit::gpu {

/// PTX of the kernels of one function and dtype.
struct PackedModule {
  std::uint32_t unit;          ///< which text has it
  std::uint32_t offset, bytes; ///< in it
};
struct PackedKernel {
  std::string_view name; ///< as in the text: add_f32_c
  std::uint32_t module;
  std::uint32_t threads; ///< of a block
};

/// What the build has put in; empty without a clang for PTX. Kernels are sorted by name.
struct Pack {
  std::span<const PackedKernel> kernels;
  std::span<const PackedModule> modules;
  std::span<const std::uint32_t> units; ///< where their texts lie in the data, packed (Unpack.h)
  const unsigned char *data;
};
const Pack &pack() noexcept;

/// Null: there is none of this name.
const PackedKernel *find_packed(std::string_view kernel) noexcept;

/// Its PTX, for sm_80 and what came after it. The first line is `// tracejit pack UNIT`: the text
/// from which it was made, with those of other modules.
std::string packed_ptx(std::uint32_t module);

} // namespace jit::gpu
