// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Run-time numbers as kernels read them.
#pragma once

#include "runtime/kernels/ScalarValue.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace jit {

/// The number as the dtype, zeros behind it.
inline std::uint64_t cell_of(Scalar number, DType dtype) noexcept {
  if (dtype == DType::f32 && number.kind() == ScalarKind::floating) // the usual one
    return std::bit_cast<std::uint32_t>(static_cast<float>(number.as_double()));
  const ScalarValue value(number, dtype);
  std::uint64_t cell = 0;
  switch (itemsize(dtype)) {
  case 1:
    std::memcpy(&cell, value.bytes, 1);
    break;
  case 2:
    std::memcpy(&cell, value.bytes, 2);
    break;
  case 4:
    std::memcpy(&cell, value.bytes, 4);
    break;
  default:
    std::memcpy(&cell, value.bytes, 8);
    break;
  }
  return cell;
}

} // namespace jit
