// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The line of the user's call at the end of every error.
#pragma once

#include <cstdlib>
#include <source_location>
#include <string>

namespace jit {

/// The message without " (FILE:LINE)" at its end, which must be a line not far from `near`; else
/// the message with what is wrong.
inline std::string without_line(const std::string &message, const std::source_location &near) {
  constexpr long far = 12;
  const std::string path = near.file_name();
  const std::string begin = " (" + path.substr(path.rfind('/') + 1) + ":";
  const std::size_t place = message.rfind(begin);
  if (place == message.npos || message.back() != ')')
    return "no line of " + path + ": " + message;
  const long line = std::atol(message.c_str() + place + begin.size());
  if (std::labs(line - static_cast<long>(near.line())) > far)
    return "another line than " + std::to_string(near.line()) + ": " + message;
  return message.substr(0, place);
}

} // namespace jit
