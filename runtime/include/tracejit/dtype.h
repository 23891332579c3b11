// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element types of tensors.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#pragma GCC visibility push(default)
namespace jit {

/// Element type. Ops accept all but f16 and bf16, whose names are reserved.
enum class DType : std::uint8_t { boolean, i8, u8, i16, u16, i32, u32, i64, f16, bf16, f32, f64 };

/// Name as printed and as written in trace files: "bool", "i8", "u8", ..., "f32", "f64".
std::string_view name(DType dtype) noexcept;
std::optional<DType> dtype_from_name(std::string_view text) noexcept;

/// Bytes of one element.
constexpr std::size_t itemsize(DType dtype) noexcept {
  constexpr std::uint8_t bytes[] = {1, 1, 1, 2, 2, 4, 4, 8, 2, 2, 4, 8};
  static_assert(std::size(bytes) == static_cast<std::size_t>(DType::f64) + 1);
  return bytes[static_cast<std::size_t>(dtype)];
}

/// Whether ops accept the type in this release.
bool is_supported(DType dtype) noexcept;

constexpr bool is_float(DType dtype) noexcept { return dtype >= DType::f16; }
constexpr bool is_integer(DType dtype) noexcept {
  return dtype >= DType::i8 && dtype <= DType::i64;
}
/// Whether the type is of integers that are never negative.
constexpr bool is_unsigned(DType dtype) noexcept {
  return dtype == DType::u8 || dtype == DType::u16 || dtype == DType::u32;
}

namespace detail {
template <class T> struct DTypeOf;
template <> struct DTypeOf<bool> {
  static constexpr DType value = DType::boolean;
};
template <> struct DTypeOf<std::int8_t> {
  static constexpr DType value = DType::i8;
};
template <> struct DTypeOf<std::uint8_t> {
  static constexpr DType value = DType::u8;
};
template <> struct DTypeOf<std::int16_t> {
  static constexpr DType value = DType::i16;
};
template <> struct DTypeOf<std::uint16_t> {
  static constexpr DType value = DType::u16;
};
template <> struct DTypeOf<std::int32_t> {
  static constexpr DType value = DType::i32;
};
template <> struct DTypeOf<std::uint32_t> {
  static constexpr DType value = DType::u32;
};
template <> struct DTypeOf<std::int64_t> {
  static constexpr DType value = DType::i64;
};
template <> struct DTypeOf<float> {
  static constexpr DType value = DType::f32;
};
template <> struct DTypeOf<double> {
  static constexpr DType value = DType::f64;
};
} // namespace detail

/// C++ types that can be elements of a tensor.
template <class T>
concept Element = requires { detail::DTypeOf<T>::value; };

template <Element T> inline constexpr DType dtype_of = detail::DTypeOf<T>::value;

/// C++ numbers that may stand as operands; they are weakly typed.
template <class T>
concept Number = std::same_as<T, bool> || std::integral<T> || std::floating_point<T>;

} // namespace jit
#pragma GCC visibility pop
