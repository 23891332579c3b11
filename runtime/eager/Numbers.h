// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers that a dtype does not hold: never another number in silence.
#pragma once

#include "runtime/eager/Dispatch.h"

namespace jit::detail {

/// Comparisons with such a number become others that are exact, bounds (clip, minimum, maximum) the
/// ends of the dtype; what is left is refused at the number's line.
void settle_numbers(OpKind &op, AttrWords attrs, OperandList operands);

/// Refuses a number that elements of the dtype cannot be, in the name of the function.
void settle_fill(std::string_view function, Operand &value, DType dtype);

} // namespace jit::detail
