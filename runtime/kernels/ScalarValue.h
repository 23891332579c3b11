// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ScalarValue: a weakly typed number as one element of a dtype.
#pragma once

#include "runtime/base/WithDType.h"

#include <tracejit/scalar.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>

namespace jit {

/// Converted once, as `astype` would: integers wrap, floats saturate, NaN becomes 0, and anything
/// but zero is true.
struct ScalarValue {
  alignas(8) std::byte bytes[8];

  ScalarValue() noexcept = default;
  ScalarValue(Scalar number, DType dtype) noexcept {
    with_dtype(dtype, [&]<class T>(std::type_identity<T>) { put(converted<T>(number)); });
  }

private:
  template <class T> static T converted(Scalar number) noexcept {
    const bool floating = number.kind() == ScalarKind::floating;
    if constexpr (std::same_as<T, bool>)
      return number.as_bool();
    else if constexpr (std::floating_point<T>)
      return floating ? static_cast<T>(number.as_double()) : static_cast<T>(number.as_int());
    else
      return static_cast<T>(floating ? std::clamp<std::int64_t>(number.as_int(),
                                                                std::numeric_limits<T>::min(),
                                                                std::numeric_limits<T>::max())
                                     : number.as_int());
  }
  template <class T> void put(T value) noexcept { std::memcpy(bytes, &value, sizeof value); }
};

} // namespace jit
