// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// SmallOps: the short way of an elementwise op that has run before on operands of the same kind.
#pragma once

#include "runtime/tensor/Impl.h"

#include <span>

namespace jit {

enum class OpKind : std::uint16_t;

/// Runs an op without attributes whose answer this thread remembers and whose operands are Ready.
/// nullptr: the general way has to be taken; nothing has happened.
Impl *run_small(OpKind op, std::span<Operand *const> operands) noexcept;

} // namespace jit
