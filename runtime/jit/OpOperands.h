// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The operands of an op in the two forms that ops come in: what they hold, if anything.
#pragma once

#include "runtime/kernels/Execute.h"
#include "runtime/ops/NumberRange.h"
#include "runtime/tensor/Impl.h"

namespace jit::detail {

inline Impl *impl_of(const Argument &argument) noexcept { return argument.impl; }
inline bool is_number(const Argument &) noexcept { return true; }
inline Scalar number_of(const Argument &argument) noexcept { return argument.scalar; }
/// Arguments come from dispatch, which has settled their numbers.
inline bool is_expected(const Argument &argument, ScalarKind kind, DType) noexcept {
  return argument.scalar.kind() == kind;
}
inline Impl *impl_of(const Operand *operand) noexcept { return Access::impl(*operand); }
inline bool is_number(const Operand *operand) noexcept { return Access::is_scalar(*operand); }
inline Scalar number_of(const Operand *operand) noexcept { return Access::scalar(*operand); }
inline bool is_expected(const Operand *operand, ScalarKind kind, DType range) noexcept {
  return Access::kind(*operand) == Access::kind_of_number(kind) &&
         (range == DType::boolean || number_range(range).holds(Access::scalar(*operand).as_int()));
}

} // namespace jit::detail
