// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a cubin says of its kernels, read without any tool of NVIDIA's.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

namespace jit::gpu {

struct KernelResources {
  unsigned registers = 0;   ///< a thread
  unsigned frame_bytes = 0; ///< of local memory a thread, without what it calls
  unsigned stack_bytes = 0; ///< at least, with what it calls
};

/// By name, functions that kernels call included. Nothing if the bytes are no ELF file of CUDA that
/// can be read to its end.
std::optional<std::map<std::string, KernelResources>> cubin_info(std::span<const char> cubin);

} // namespace jit::gpu
