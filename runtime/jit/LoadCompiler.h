// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Opening the compiler library.
#pragma once

#include "runtime/jit/Compiler.h"

#include <memory>
#include <string>

namespace jit {

/// The process's compiler from libtracejit-compiler; null and a message if it cannot be opened. The
/// library stays loaded.
std::unique_ptr<Compiler> load_compiler(std::string &message);

} // namespace jit
