// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How much memory this process may use.
#pragma once

#include "runtime/base/Export.h"

#include <cstddef>

namespace jit {

/// The smaller of physical memory and the limit of the control group (v1 or v2), in bytes.
std::size_t system_memory_bytes() noexcept;

/// Bytes that this process may still take: what the system says is available, or what the limit of
/// the control group (v1 or v2) leaves, if that is less. 0 if the system does not say.
TRACEJIT_PRIVATE std::size_t system_memory_left() noexcept;

} // namespace jit
