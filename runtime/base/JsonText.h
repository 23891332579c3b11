// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Strings in JSON.
#pragma once

#include "runtime/base/Export.h"

#include <string>
#include <string_view>

namespace jit {

/// With its quotes. Names of files may be any bytes, JSON may not: what is no UTF-8 becomes U+FFFD.
TRACEJIT_PRIVATE std::string json_quoted(std::string_view text);

} // namespace jit
