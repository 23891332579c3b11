// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A C++ number as an operand: weakly typed, converted once to the dtype it meets.
#pragma once

#include <tracejit/dtype.h>

#include <limits>

#pragma GCC visibility push(default)
namespace jit {

/// The weak kind of a number. It takes part in dtype promotion; the value never does.
enum class ScalarKind : std::uint8_t { boolean, integer, floating };

class Scalar {
public:
  template <Number T> constexpr Scalar(T value) noexcept {
    if constexpr (std::same_as<T, bool>) {
      weak_kind = ScalarKind::boolean;
      integer = value;
    } else if constexpr (std::integral<T>) {
      weak_kind = ScalarKind::integer;
      integer = static_cast<std::int64_t>(value);
    } else {
      weak_kind = ScalarKind::floating;
      floating = static_cast<double>(value);
    }
  }

  constexpr ScalarKind kind() const noexcept { return weak_kind; }
  /// As astype converts: what is floating is truncated and saturated, NaN is 0.
  constexpr std::int64_t as_int() const noexcept {
    if (weak_kind != ScalarKind::floating)
      return integer;
    if (!(floating >= -0x1p63))
      return floating < 0 ? std::numeric_limits<std::int64_t>::min() : 0;
    return floating < 0x1p63 ? static_cast<std::int64_t>(floating)
                             : std::numeric_limits<std::int64_t>::max();
  }
  constexpr double as_double() const noexcept {
    return weak_kind == ScalarKind::floating ? floating : static_cast<double>(integer);
  }
  constexpr bool as_bool() const noexcept {
    return weak_kind == ScalarKind::floating ? !(floating == 0) : integer != 0;
  }

private:
  ScalarKind weak_kind;
  union {
    std::int64_t integer;
    double floating;
  };
};

} // namespace jit
#pragma GCC visibility pop
