// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A compiler library that did not come with this libtracejit: its interface may be any other.
#include "runtime/jit/CompilerNote.h"

#include <cstdlib>

#ifndef EMPTY
extern "C" {
[[gnu::visibility("default")]] void *tracejit_create_compiler();
void *tracejit_create_compiler() { std::abort(); } // must not be called
}
#endif

#ifdef VERSION
TRACEJIT_COMPILER_NOTE(VERSION);
#endif
