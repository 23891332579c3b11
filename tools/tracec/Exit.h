// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How tracec ends: the codes, and the exception that carries one to main.
#pragma once

#include <stdexcept>
#include <string>

namespace tracec {

enum class ExitCode {
  ok = 0,
  input = 1,       ///< a file is missing, malformed or does not fit the trace
  usage = 2,       ///< the command line is wrong
  comparison = 3,  ///< eager and compiled bits differ
  unsupported = 4, ///< no compiler library, or it cannot do this
  limit = 5,       ///< too large, or out of memory
  internal = 70,   ///< a bug of tracec
};

/// The message is printed as it is.
struct Exit : std::runtime_error {
  Exit(ExitCode code, const std::string &message) : std::runtime_error(message), code(code) {}
  ExitCode code;
};

} // namespace tracec
