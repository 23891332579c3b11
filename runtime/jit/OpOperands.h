// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The operands of an op in the two forms that ops come in: what they hold, if anything.
#pragma once

#include "runtime/kernels/Execute.h"
#include "runtime/tensor/Impl.h"

namespace jit::detail {

inline Impl *impl_of(const Argument &argument) noexcept { return argument.impl; }
inline bool is_number(const Argument &) noexcept { return true; }
inline Scalar number_of(const Argument &argument) noexcept { return argument.scalar; }
inline Impl *impl_of(const Operand *operand) noexcept { return Access::impl(*operand); }
inline bool is_number(const Operand *operand) noexcept { return Access::is_scalar(*operand); }
inline Scalar number_of(const Operand *operand) noexcept { return Access::scalar(*operand); }

} // namespace jit::detail
