// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How reports and errors name a line of the user's program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace jit {

/// "step.cpp:31": the file without its folders.
inline std::string line_text(std::string_view file, std::uint32_t line) {
  return std::string(file.substr(file.rfind('/') + 1)) + ":" + std::to_string(line);
}

} // namespace jit
