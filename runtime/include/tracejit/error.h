// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The one exception type of the library.
#pragma once

#include <cstdint>
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

/// Messages name the op, the values and the rule, in lower case and without a full stop:
/// `matmul: inner dimensions differ: lhs f32[2,3], rhs f32[4,5]`.
class Error : public std::runtime_error {
public:
  Error(ErrorCode code, const std::string &message) : std::runtime_error(message), kind(code) {}
  ErrorCode code() const noexcept { return kind; }

private:
  ErrorCode kind;
};

} // namespace jit
#pragma GCC visibility pop
