// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arguments of functions in the form that attributes have; what cannot be resolved is thrown as an
// error.
#pragma once

#include "runtime/eager/Dispatch.h"
#include "runtime/ops/Axes.h"

#include <tracejit/dims.h>

#include <string_view>

namespace jit::detail {

/// The operand's meta; throws for a number or an empty tensor.
const Meta &tensor_meta(std::string_view function, const Operand &operand);
inline const Meta &tensor_meta(OpKind op, const Operand &operand) {
  return tensor_meta(info(op).name, operand);
}

inline void throw_if(std::optional<std::string> message) {
  if (message)
    throw Error(ErrorCode::invalid_argument, *message);
}

/// `axis` counted from the front of `rank` axes.
inline std::int64_t axis_of(OpKind op, const Meta &meta, std::int64_t axis, int rank) {
  std::int64_t resolved = 0;
  throw_if(resolve_axis(op, meta, axis, rank, resolved));
  return resolved;
}
inline std::int64_t axis_of(OpKind op, const Meta &meta, std::int64_t axis) {
  return axis_of(op, meta, axis, meta.rank);
}
/// All axes, or those given, counted from the front, ascending.
inline DimList axes_of(OpKind op, const Meta &meta, const Axes &axes) {
  DimList resolved;
  throw_if(resolve_axes(op, meta, axes, resolved));
  return resolved;
}

} // namespace jit::detail
