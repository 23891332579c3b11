// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Opening the compiler library: it is a library of its own, so that programs that do not compile
// carry no LLVM.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/jit/Compiler.h"

#include <memory>
#include <string>

namespace jit {

/// Whether the library that option `compiler` names, or else libtracejit-compiler beside
/// libtracejit, is there and of our version; `message` says why not. Reads some hundred bytes of
/// it.
bool compiler_fits(std::string &message);

/// A compiler of that library, which is opened and stays open. Null if it does not fit or cannot be
/// opened: `message` says why.
TRACEJIT_PRIVATE std::unique_ptr<Compiler> load_compiler(std::string &message);

/// The build id of that library's file; empty if it has none.
std::string compiler_build_id();

} // namespace jit
