// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Launches of kernels of the pack that are found by their names.
#pragma once

#include "runtime/cuda/Families.h"

#include <cstddef>
#include <span>
#include <string_view>

namespace jit::gpu {

/// Kernel STEM + VARIANT + SUFFIX.
struct PackedName {
  std::string_view stem, variant{}, suffix{};
};

/// One launch of that many blocks at most, which share some memory; the arguments are those of the
/// kernel's struct.
Launched launch_packed(Gpu &gpu, const PackedName &name, std::uint64_t blocks,
                       std::span<const std::byte> arguments, unsigned shared_bytes = 0) noexcept;

template <class Args>
Launched launch_packed(Gpu &gpu, const PackedName &name, std::uint64_t blocks, const Args &args,
                       unsigned shared_bytes = 0) noexcept {
  return launch_packed(gpu, name, blocks, std::as_bytes(std::span(&args, 1)), shared_bytes);
}

} // namespace jit::gpu
