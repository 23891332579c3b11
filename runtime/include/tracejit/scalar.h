// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A C++ number as an operand: weakly typed, converted once to the dtype it meets.
#pragma once

#include <tracejit/dtype.h>

#include <limits>

#pragma GCC visibility push(default)
namespace jit {

/// The weak kind of a number. It takes part in dtype promotion; the value never does.
enum class ScalarKind : std::uint8_t { boolean, integer, floating };

class Operand;
namespace detail {
struct Access;
/// A number without its kind.
union NumberBits {
  std::int64_t integer;
  double floating;
};
/// What stands for the kind of an integer of 2^63 or more, whose bits are those of a uint64_t. No
/// op sees one: it is compared exactly, rounded to a float, or refused.
inline constexpr ScalarKind huge{3};
} // namespace detail

class Scalar {
public:
  template <Number T> constexpr Scalar(T value) noexcept {
    if constexpr (std::same_as<T, bool>) {
      weak_kind = ScalarKind::boolean;
      bits.integer = value;
    } else if constexpr (std::integral<T>) {
      weak_kind = value > T{} && static_cast<std::uint64_t>(value) >> 63 ? detail::huge
                                                                         : ScalarKind::integer;
      bits.integer = static_cast<std::int64_t>(value);
    } else {
      weak_kind = ScalarKind::floating;
      bits.floating = static_cast<double>(value);
    }
  }

  constexpr ScalarKind kind() const noexcept { return is_huge() ? ScalarKind::integer : weak_kind; }
  /// As astype converts: what is floating is truncated and saturated, NaN is 0. Integers of 2^63 or
  /// more are saturated too.
  constexpr std::int64_t as_int() const noexcept {
    if (is_huge())
      return std::numeric_limits<std::int64_t>::max();
    if (weak_kind != ScalarKind::floating)
      return bits.integer;
    if (!(bits.floating >= -0x1p63))
      return bits.floating < 0 ? std::numeric_limits<std::int64_t>::min() : 0;
    return bits.floating < 0x1p63 ? static_cast<std::int64_t>(bits.floating)
                                  : std::numeric_limits<std::int64_t>::max();
  }
  constexpr double as_double() const noexcept {
    return weak_kind == ScalarKind::floating ? bits.floating
           : is_huge() ? static_cast<double>(static_cast<std::uint64_t>(bits.integer))
                       : static_cast<double>(bits.integer);
  }
  constexpr bool as_bool() const noexcept {
    return weak_kind == ScalarKind::floating ? !(bits.floating == 0) : bits.integer != 0;
  }

private:
  friend class Operand;
  friend struct detail::Access;
  constexpr Scalar(ScalarKind kind, detail::NumberBits bits) noexcept
      : weak_kind(kind), bits(bits) {}
  constexpr bool is_huge() const noexcept { return weak_kind == detail::huge; }

  ScalarKind weak_kind;
  detail::NumberBits bits;
};

} // namespace jit
#pragma GCC visibility pop
