// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shortest round-trip text by std::to_chars.
#include "runtime/base/FormatNumber.h"

#include "runtime/base/WithDType.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace jit {
namespace {

template <class T> std::string to_text(T value) {
  std::array<char, 32> text; // a double needs 24 at most
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), end.ptr);
}

template <class T> T load(const std::byte *element) noexcept {
  T value;
  std::memcpy(&value, element, sizeof value);
  return value;
}

} // namespace

std::string format_number(float value) { return std::isnan(value) ? "nan" : to_text(value); }
std::string format_number(double value) { return std::isnan(value) ? "nan" : to_text(value); }
std::string format_number(std::int64_t value) { return to_text(value); }

std::string format_element(DType dtype, const std::byte *element) {
  if (!is_supported(dtype))
    return format_bits(dtype, element);
  return with_dtype(dtype, [&]<class T>(std::type_identity<T>) -> std::string {
    if constexpr (std::same_as<T, bool>)
      return *element != std::byte{0} ? "true" : "false";
    else if constexpr (std::integral<T>)
      return format_number(std::int64_t{load<T>(element)});
    else
      return format_number(load<T>(element));
  });
}

std::string format_bits(DType dtype, const std::byte *element) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "0x";
  for (std::size_t i = itemsize(dtype); i-- > 0;) { // little endian
    const auto byte = std::to_integer<unsigned>(element[i]);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

} // namespace jit
