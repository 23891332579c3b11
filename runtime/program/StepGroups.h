// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// StepGroups: kernels in a row that threads run side by side, since none is worth sharing alone.
#pragma once

#include "runtime/program/CompiledKernel.h"
#include "runtime/program/Plan.h"

#include <span>

namespace jit {

/// Steps [first, end) of a plan. None reads or writes what another one writes.
struct StepGroup {
  std::uint32_t first = 0, end = 0;
  /// What a thread takes at a time begins at these steps; the last one is `end`.
  std::vector<std::uint32_t> pieces;
  std::size_t count_pieces() const { return pieces.size() - 1; }
};

/// In order. `kernels`: that of each step, null where it has none.
std::vector<StepGroup> find_groups(const Plan &plan,
                                   std::span<const CompiledKernel *const> kernels);

} // namespace jit
