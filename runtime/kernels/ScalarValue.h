// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ScalarValue: a weakly typed number as one element of a dtype.
#pragma once

#include <tracejit/scalar.h>

#include <algorithm>
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
                                        ? std::clamp<std::int64_t>(number.as_int(), 0, 255)
                                        : number.as_int()));
      break;
    case DType::i64:
      put(number.as_int());
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
};

} // namespace jit
