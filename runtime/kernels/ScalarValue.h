// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ScalarValue: a weakly typed number as one element of a dtype.
#pragma once

#include <tracejit/scalar.h>

#include <cstddef>
#include <cstring>

namespace jit {

/// Converted once, as `astype` would: integers wrap, floats saturate, NaN becomes 0, and anything
/// but zero is true.
struct ScalarValue {
  alignas(8) std::byte bytes[8];

  ScalarValue() noexcept = default;
  ScalarValue(Scalar number, DType dtype) noexcept {
    switch (dtype) {
    case DType::boolean:
      put(number.as_bool());
      break;
    case DType::u8:
      put(static_cast<std::uint8_t>(number.kind() == ScalarKind::floating
                                        ? saturate(number.as_double(), 0, 255)
                                        : number.as_int()));
      break;
    case DType::i64:
      put(number.kind() == ScalarKind::floating ? saturate(number.as_double(), INT64_MIN, INT64_MAX)
                                                : number.as_int());
      break;
    case DType::f32:
      put(number.kind() == ScalarKind::floating ? static_cast<float>(number.as_double())
                                                : static_cast<float>(number.as_int()));
      break;
    default:
      put(number.as_double());
      break;
    }
  }

private:
  template <class T> void put(T value) noexcept { std::memcpy(bytes, &value, sizeof value); }
  static std::int64_t saturate(double x, std::int64_t low, std::int64_t high) noexcept {
    if (!(x == x))
      return 0;
    if (x <= static_cast<double>(low))
      return low;
    return x >= static_cast<double>(high) ? high : static_cast<std::int64_t>(x);
  }
};

} // namespace jit
