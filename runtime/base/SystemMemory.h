// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How much memory this process may use.
#pragma once

#include <cstddef>

namespace jit {

/// The smaller of physical memory and the limit of the control group (v1 or v2), in bytes.
std::size_t system_memory_bytes() noexcept;

} // namespace jit
