// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// SHA-256 as FIPS 180-4 has it.
#pragma once

#include "runtime/base/Export.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace jit {

using Digest = std::array<std::byte, 32>;

TRACEJIT_PRIVATE Digest sha256(std::span<const std::byte> bytes) noexcept;
/// The same as on a processor that has no instructions for it.
Digest sha256_without_instructions(std::span<const std::byte> bytes) noexcept;

/// 64 lower-case hexadecimal digits.
TRACEJIT_PRIVATE std::string to_hex(const Digest &digest);

} // namespace jit
