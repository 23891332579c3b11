// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Saving traces as files: every compiled path with option `save`, and every mismatch of mode check.
#pragma once

#include "runtime/jit/Path.h"

#include <string>

namespace jit {

/// Writes DIR/NAME-ID.trace if option `save` names a directory.
void save_compiled(const Path &path) noexcept;
/// Writes mismatch-NAME-ID.trace into the directory of option `save`, or the current one. Returns
/// the file's path, or "" if it could not be written.
std::string save_mismatch(const Path &path);

} // namespace jit
