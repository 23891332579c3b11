// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arguments of functions in the form that attributes have; what cannot be resolved is thrown as an
// error.
#pragma once

#include "runtime/eager/Dispatch.h"
#include "runtime/ops/Axes.h"
#include "runtime/tensor/DeviceMemory.h"

#include <tracejit/dims.h>

#include <string_view>

namespace jit::detail {

/// The operand's meta; throws for a number or an empty tensor.
const Meta &tensor_meta(std::string_view function, const Operand &operand);
inline const Meta &tensor_meta(OpKind op, const Operand &operand) {
  return tensor_meta(info(op).name, operand);
}

[[noreturn]] inline void refuse(std::string_view function, const std::string &why,
                                const std::source_location &site) {
  throw Error(ErrorCode::invalid_argument, std::string(function) + ": " + why, site);
}

/// At the operand's line.
inline void throw_if(std::optional<std::string> message, const Operand &operand) {
  if (message)
    throw Error(ErrorCode::invalid_argument, *message, Access::site(operand));
}

/// `axis` counted from the front, of the operand's axes and so many more.
inline std::int64_t axis_of(std::string_view function, const Operand &x, std::int64_t axis,
                            int added = 0) {
  const Meta &meta = tensor_meta(function, x);
  std::int64_t resolved = 0;
  throw_if(resolve_axis(function, meta, axis, meta.rank + added, resolved), x);
  return resolved;
}
inline std::int64_t axis_of(OpKind op, const Operand &x, std::int64_t axis, int added = 0) {
  return axis_of(info(op).name, x, axis, added);
}
/// All axes, or those given, counted from the front, ascending.
inline DimList axes_of(std::string_view function, const Operand &x, const Axes &axes) {
  DimList resolved;
  throw_if(resolve_axes(function, tensor_meta(function, x), axes, resolved), x);
  return resolved;
}
inline DimList axes_of(OpKind op, const Operand &x, const Axes &axes) {
  return axes_of(info(op).name, x, axes);
}

} // namespace jit::detail
