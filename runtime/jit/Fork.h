// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// fork(): the child gets every lock in a usable state, its inherited pending values, and no compile
// thread.
#pragma once

namespace jit {

/// Registers the handlers, once. Called when the first trace is made.
void prepare_for_fork() noexcept;

} // namespace jit
