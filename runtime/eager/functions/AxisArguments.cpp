// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager/functions/AxisArguments.h"

#include <algorithm>

namespace jit::detail {

const Meta &tensor_meta(std::string_view function, const Operand &operand) {
  if (Access::is_scalar(operand))
    throw Error(ErrorCode::invalid_argument,
                std::string(function) + ": needs a tensor, got a number");
  const Impl *impl = Access::impl(operand);
  if (!impl)
    throw_empty(function);
  return *impl->meta;
}

std::int64_t normal_axis(std::string_view function, const Meta &meta, std::int64_t axis, int rank) {
  if (axis < -rank || axis >= rank)
    throw Error(ErrorCode::invalid_argument, std::string(function) + ": axis " +
                                                 std::to_string(axis) + " is out of range for " +
                                                 describe(meta));
  return axis < 0 ? axis + rank : axis;
}

DimList normal_axes(std::string_view function, const Meta &meta, const Axes &axes) {
  DimList normal;
  if (axes.all()) {
    for (std::int64_t axis = 0; axis < meta.rank; ++axis)
      normal.push_back(axis);
    return normal;
  }
  for (std::int64_t axis : axes.values()) {
    const std::int64_t counted = normal_axis(function, meta, axis);
    if (std::find(normal.begin(), normal.end(), counted) != normal.end())
      throw Error(ErrorCode::invalid_argument, std::string(function) + ": axis " +
                                                   std::to_string(axis) + " is repeated for " +
                                                   describe(meta));
    normal.push_back(counted);
  }
  std::sort(&normal[0], &normal[0] + normal.size());
  return normal;
}

} // namespace jit::detail
