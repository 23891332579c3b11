// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Keys of sorting: unsigned numbers in the order of the elements. NaN is the greatest element, all
// NaNs are equal, and so are -0 and +0.
#pragma once

#include "runtime/base/WithDType.h"

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace jit {

template <std::size_t bytes>
using UnsignedOf = std::conditional_t<
    bytes == 1, std::uint8_t,
    std::conditional_t<bytes == 2, std::uint16_t,
                       std::conditional_t<bytes == 4, std::uint32_t, std::uint64_t>>>;

/// The key of an element, or for a descending order that of its mirror.
template <class T> class KeyOf {
public:
  using Key = UnsignedOf<sizeof(T)>;
  explicit KeyOf(bool descending) noexcept
      : mirror(descending ? std::numeric_limits<Key>::max() : Key{0}) {}
  Key operator()(T x) const noexcept { return static_cast<Key>(ascending(x) ^ mirror); }

private:
  static constexpr Key sign = static_cast<Key>(Key{1} << (8 * sizeof(T) - 1));

  static Key ascending(T x) noexcept {
    if constexpr (std::is_floating_point_v<T>) {
      if (x != x)
        return std::numeric_limits<Key>::max();
      const Key bits = std::bit_cast<Key>(x + T(0)); // -0 + 0 is +0
      return bits & sign ? ~bits : bits | sign;
    } else if constexpr (std::is_signed_v<T>) {
      return static_cast<Key>(static_cast<Key>(x) ^ sign);
    } else {
      return static_cast<Key>(x);
    }
  }

  Key mirror;
};

/// body.template operator()<T>() with the type of the dtype's elements.
template <class Body> void with_sorted_type(DType dtype, const Body &body) noexcept {
  with_dtype(dtype, [&]<class T>(std::type_identity<T>) {
    body.template operator()<std::conditional_t<std::same_as<T, bool>, std::uint8_t, T>>();
  });
}

} // namespace jit
