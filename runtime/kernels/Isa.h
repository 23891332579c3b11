// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The instruction sets that kernels are compiled for.
#pragma once

#include "runtime/base/Export.h"

#include <cstdint>
#include <optional>
#include <string>

namespace jit {

/// x86-64-v3 (AVX2, FMA) and x86-64-v4 (AVX-512 F, BW, CD, DQ, VL), the psABI levels.
enum class Isa : std::uint8_t { v3, v4 };

/// Whether this processor and its operating system run code of that level.
TRACEJIT_PRIVATE bool isa_supported(Isa isa) noexcept;

/// The highest level that is supported, or v3, the least that tracejit runs on.
TRACEJIT_PRIVATE Isa detected_isa() noexcept;

/// Why tracejit cannot run on this machine, if so. Ask before the first kernel runs.
TRACEJIT_PRIVATE std::optional<std::string> machine_refusal();

/// For tests: as on a machine with this level; none: with less than v3.
void pretend_machine_isa(std::optional<Isa> isa) noexcept;

} // namespace jit
