// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An interpreter of nests, point by point and without any loop structure: what a compiled kernel
// must compute. Canonical orders are written here a second time, straight from docs/numerics.md.
#pragma once

#include "compiler/nest/Nest.h"

#include <cstddef>
#include <span>
#include <variant>
#include <vector>

namespace jit::nest::test {

using Number = std::variant<bool, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t,
                            std::int32_t, std::uint32_t, std::int64_t, float, double>;

/// Runs the whole nest.
void interpret(const Nest &nest, std::span<std::byte *const> buffers,
               std::span<const std::uint64_t> scalars);

} // namespace jit::nest::test
