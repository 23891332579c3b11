// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Wiring the compiler in, and what has become of it.
#pragma once

#include <string>

#pragma GCC visibility push(default)
namespace jit {

/// Lets hot traces be compiled from now on by libtracejit-compiler (option compiler=FILE, else the
/// one beside libtracejit). Looks at the file and returns, in well under a millisecond: true if it
/// is there and fits. A thread in the background opens it, at once unless the mode is `off` or
/// `log`. Without it programs run eagerly, which is logged once. Does not throw: what is wrong with
/// TRACEJIT is thrown by the first op.
bool enable_compiler();

enum class CompilerState {
  off,     ///< not asked for, or not needed so far
  opening, ///< in the background
  ready,
  failed, ///< missing, of another version, or the loader refused it
};

struct CompilerStatus {
  CompilerState state;
  std::string message; ///< one sentence; empty if ready
};
CompilerStatus compiler_status();

} // namespace jit
#pragma GCC visibility pop
