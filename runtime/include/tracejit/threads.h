// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How many threads kernels use.
#pragma once

#include <source_location>

#pragma GCC visibility push(default)
namespace jit {

/// Threads that may share a kernel, the caller's included: 1 to 64. As many as there are CPUs that
/// the process (its first thread) may run on, or fewer if a control group grants less time, option
/// `threads` or set_thread_count() asks for less. CPUs are looked at again once a second, when
/// threads are used.
/// Kernels use fewer where more were not faster lately. No number changes a bit of a result.
int thread_count() noexcept;

/// At most `n` threads from now on, in place of option `threads`; 0: as many as there are CPUs.
/// Waits for a kernel that is running on several threads. Programs that were compiled before stay
/// in use; their matrix products are cut for as many threads as there were then. Those that were
/// not faster than eager ops are tried again.
/// Throws invalid_argument if n is negative.
void set_thread_count(int n, std::source_location site = std::source_location::current());

} // namespace jit
#pragma GCC visibility pop
