// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager/functions/AxisArguments.h"

#include <tracejit/dtype_info.h>

#include <limits>
#include <vector>

namespace jit {

using detail::refuse;

namespace {

template <class T> FloatInfo info_of(DType dtype) noexcept {
  using Limits = std::numeric_limits<T>;
  return {8 * static_cast<int>(sizeof(T)),
          Limits::epsilon(),
          Limits::max(),
          Limits::lowest(),
          Limits::min(),
          dtype};
}

/// With a tensor of each dtype.
DType promoted(std::span<const detail::Typed> operands) {
  std::vector<OperandType> types;
  for (const detail::Typed &operand : operands)
    types.push_back(
        {operand.dtype ? intern_contiguous(*operand.dtype, {}) : nullptr, operand.kind});
  return promote(types);
}

} // namespace

FloatInfo finfo(DType dtype, std::source_location site) {
  if (dtype == DType::f32)
    return info_of<float>(dtype);
  if (dtype == DType::f64)
    return info_of<double>(dtype);
  refuse("finfo", std::string(name(dtype)) + " is no floating dtype", site);
}

IntegerInfo iinfo(DType dtype, std::source_location site) {
  if (!is_integer(dtype))
    refuse("iinfo", std::string(name(dtype)) + " is no integer dtype", site);
  const int bits = 8 * static_cast<int>(itemsize(dtype));
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  if (is_unsigned(dtype))
    return {bits, most >> (63 - bits), 0, dtype};
  const std::int64_t max = most >> (64 - bits);
  return {bits, max, -max - 1, dtype};
}

DType result_type(std::initializer_list<detail::Typed> operands, std::source_location site) {
  if (operands.size() == 0)
    refuse("result_type", "needs at least one operand", site);
  return promoted(operands);
}

bool can_cast(DType from, DType to) noexcept {
  const detail::Typed both[]{from, to};
  return promoted(both) == to;
}

bool isdtype(DType dtype, std::string_view kind, std::source_location site) {
  if (kind == "bool")
    return dtype == DType::boolean;
  if (kind == "signed integer")
    return is_integer(dtype) && !is_unsigned(dtype);
  if (kind == "unsigned integer")
    return is_integer(dtype) && is_unsigned(dtype);
  if (kind == "integral")
    return is_integer(dtype);
  if (kind == "real floating")
    return is_float(dtype);
  if (kind == "numeric")
    return dtype != DType::boolean;
  if (kind == "complex floating")
    return false;
  refuse("isdtype", "there is no kind \"" + std::string(kind) + "\"", site);
}

} // namespace jit
