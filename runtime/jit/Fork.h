// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fork: what a child process inherits can be used there.
#pragma once

namespace jit {

/// Sets the handlers, once; throws std::bad_alloc. Around fork no session, anchor or queue is in
/// the middle of a change; pending values of threads that do not exist in the child are computed
/// there by who reads them.
void survive_fork();

} // namespace jit
