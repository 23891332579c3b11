// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The one exception type of the library.
#pragma once

#include <cstdint>
#include <source_location>
#include <stdexcept>
#include <string>

#pragma GCC visibility push(default)
namespace jit {

enum class ErrorCode : std::uint8_t {
  invalid_argument,
  unsupported,
  out_of_memory,
  device,
  io,
  internal
};

/// Messages name the op, the values and the rule, in lower case and without a full stop, and end
/// with the line of the user's call: `matmul: inner dimensions differ: lhs f32[2,3], rhs f32[4,5]
/// (step.cpp:31)`. Only a Tensor read as a condition has no line.
class Error : public std::runtime_error {
public:
  /// Adds the line to the message, if it is known.
  Error(ErrorCode code, const std::string &message, const std::source_location &site)
      : Error(code, message, site.file_name(), site.line()) {}
  Error(ErrorCode code, const std::string &message, const char *file, std::uint32_t line);
  ErrorCode code() const noexcept { return kind; }

private:
  ErrorCode kind;
};

} // namespace jit
#pragma GCC visibility pop
