// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mode check: comparing eager and compiled values bit by bit.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/jit/Path.h"

#include <optional>
#include <span>
#include <string>

namespace jit {

struct ComparedValue {
  const Meta *meta;
  const std::byte *eager;
  const std::byte *compiled; ///< same layout
  std::uint32_t value;
};

/// First element that differs, NaN comparing as a class: index, both values in decimal and hex.
TRACEJIT_PRIVATE std::optional<std::string>
first_difference(DType dtype, std::int64_t size, const std::byte *eager, const std::byte *compiled);

/// On a difference: logs it and saves the trace file.
void report_difference(Path &path, std::span<const ComparedValue> values) noexcept;

} // namespace jit
