// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How much the runtime does beyond running ops one by one.
#pragma once

#include <cstdint>

#pragma GCC visibility push(default)
namespace jit {

/// off: plain eager. log: traces are recorded and reported, and run eagerly; nothing is compiled.
/// on: hot traces are compiled and swapped in. check: both ways run, bits are compared, the eager
/// values are kept.
enum class Mode : std::uint8_t { off, log, on, check };

} // namespace jit
#pragma GCC visibility pop
