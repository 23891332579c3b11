// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shortest round-trip text by std::to_chars.
#include "runtime/base/FormatNumber.h"

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
  switch (dtype) {
  case DType::boolean:
    return *element != std::byte{0} ? "true" : "false";
  case DType::i8:
    return format_number(std::int64_t{load<std::int8_t>(element)});
  case DType::u8:
    return format_number(std::int64_t{load<std::uint8_t>(element)});
  case DType::i16:
    return format_number(std::int64_t{load<std::int16_t>(element)});
  case DType::i32:
    return format_number(std::int64_t{load<std::int32_t>(element)});
  case DType::i64:
    return format_number(load<std::int64_t>(element));
  case DType::f32:
    return format_number(load<float>(element));
  case DType::f64:
    return format_number(load<double>(element));
  case DType::f16:
  case DType::bf16:
    return format_bits(dtype, element);
  }
  return {};
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
