// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/base/SourceLine.h"

#include <tracejit/error.h>

namespace jit {

Error::Error(ErrorCode code, const std::string &message, const char *file, std::uint32_t line)
    : std::runtime_error(line ? message + " (" + line_text(file, line) + ")" : message),
      kind(code) {}

} // namespace jit
