// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arguments of functions in the form that attributes have: axes counted from the front, errors by name.
#pragma once

#include "runtime/eager/Dispatch.h"

#include <tracejit/dims.h>

#include <string_view>

namespace jit::detail {

/// The operand's meta; throws for a number or an empty tensor.
const Meta &tensor_meta(std::string_view function, const Operand &operand);

/// `axis` counted from the front of `rank` axes; throws "NAME: axis 3 is out of range for f32[2,3]".
std::int64_t normal_axis(std::string_view function, const Meta &meta, std::int64_t axis, int rank);
inline std::int64_t normal_axis(std::string_view function, const Meta &meta, std::int64_t axis) {
  return normal_axis(function, meta, axis, meta.rank);
}
/// All axes, or those given, counted from the front, ascending; throws for a repeated one.
DimList normal_axes(std::string_view function, const Meta &meta, const Axes &axes);

} // namespace jit::detail
