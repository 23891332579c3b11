// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pool that shares the chunks of a kernel among threads. What a chunk is depends on shapes
// only, so the number of threads never changes a bit.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/base/FunctionRef.h"

#include <cstdint>

namespace jit {

inline constexpr int max_threads = 64;

/// Runs body(0) ... body(chunks - 1), each once, and returns when all are done. The caller takes
/// part. Runs them in order on the caller when there is one chunk or one thread, inside another
/// parallel_for, while another thread uses the pool, after fork in the child, and during process
/// exit. `body` must not throw or fork. Workers run under default_mxcsr; the caller sees to its
/// own.
TRACEJIT_PRIVATE void parallel_for(std::int64_t chunks,
                                   FunctionRef<void(std::int64_t)> body) noexcept;

/// Threads that share the work, the caller included. The default is the number of CPUs this process
/// may run on, at most max_threads.
TRACEJIT_PRIVATE int thread_count() noexcept;

/// n is clamped to [1, max_threads]. Workers start at the next use. No effect inside a body.
TRACEJIT_PRIVATE void set_thread_count(int n) noexcept;

} // namespace jit
