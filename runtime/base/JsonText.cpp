// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/base/JsonText.h"

#include <algorithm>

namespace jit {

/// How many bytes from `at` on are one character of UTF-8; 0: they are none.
static std::size_t character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80)
      return 0;
  // Overlong, surrogates, too large.
  const bool wrong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
                     (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F);
  return wrong ? 0 : length;
}

std::string json_quoted(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string result = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_at(text, at);
    const char c = text[at];
    if (length == 0)
      result += "\\ufffd";
    else if (length == 1 && (c == '"' || c == '\\'))
      result += {'\\', c};
    else if (length == 1 && static_cast<unsigned char>(c) < 0x20)
      result += {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    else
      result += text.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return result + '"';
}

} // namespace jit
