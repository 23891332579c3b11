// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// AtThreadExit: a clean-up of the calling thread that takes no thread-local storage of its own.
#pragma once

namespace jit {

/// Calls `function` when this thread ends, in one row with the destructors of its thread-locals,
/// the newest first. It may be called from one of them.
void at_thread_exit(void (*function)() noexcept) noexcept;

} // namespace jit
