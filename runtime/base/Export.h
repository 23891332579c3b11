// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What libtracejit shows: the names of public headers, between pragmas there, and those marked
// here.
#pragma once

/// A name that libtracejit-compiler, tracec or the benchmarks of the same build take from
/// libtracejit. It may change with any version.
#define TRACEJIT_PRIVATE [[gnu::visibility("default")]]
