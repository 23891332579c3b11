// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Opening the compiler library: it is a library of its own, so that programs that do not compile
// carry no LLVM.
#pragma once

#include "runtime/jit/Compiler.h"

#include <memory>
#include <string>

namespace jit {

/// A compiler of the library that option `compiler` names, or else of libtracejit-compiler beside
/// libtracejit. Null if there is none of our version: `message` says why. The library stays open.
std::unique_ptr<Compiler> load_compiler(std::string &message);

} // namespace jit
