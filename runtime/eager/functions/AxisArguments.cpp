// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager/functions/AxisArguments.h"

namespace jit::detail {

const Meta &tensor_meta(std::string_view function, const Operand &operand) {
  if (Access::is_scalar(operand))
    throw Error(ErrorCode::invalid_argument,
                std::string(function) + ": needs a tensor, got a number", Access::site(operand));
  const Impl *impl = Access::impl(operand);
  if (!impl)
    throw_empty(function, Access::site(operand));
  return *impl->meta;
}

} // namespace jit::detail
