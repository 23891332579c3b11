// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A compiler library that did not come with this libtracejit: its interface may be any other.
#include <cstdlib>

extern "C" {
[[gnu::visibility("default")]] void *tracejit_create_compiler();
void *tracejit_create_compiler() { std::abort(); } // must not be called

#ifdef VERSION
[[gnu::visibility("default")]] const char *tracejit_compiler_version();
const char *tracejit_compiler_version() { return VERSION; }
#endif
}
