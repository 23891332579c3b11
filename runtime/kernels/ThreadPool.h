// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pool that shares the chunks of a kernel among threads. What a chunk is depends on shapes
// only, so the number of threads never changes a bit.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/base/FunctionRef.h"
#include "runtime/kernels/ThreadCount.h"

#include <cstdint>

namespace jit {

/// Runs body(0) ... body(chunks - 1), each once, and returns when all are done. The caller takes
/// part, with as many others as were worth it for jobs of this kind. Runs them in order on the
/// caller when there is one chunk or one thread, inside another parallel_for, while another thread
/// uses the pool, after fork in the child, and during process exit. `body` must not throw or fork.
/// Workers run under default_mxcsr; the caller sees to its own. `kind` tells jobs apart that differ
/// in neither the type of `body` nor `chunks`, but in time: an address or a hash.
TRACEJIT_PRIVATE void parallel_for(std::int64_t chunks, FunctionRef<void(std::int64_t)> body,
                                   std::uint64_t kind = 0) noexcept;

/// What set_thread_count() does: at most n threads, 0: as many as there are CPUs. Workers start at
/// the next use. No effect inside a body.
void limit_thread_count(int n) noexcept;

/// Exactly n threads for every job, also more than there are CPUs, and no choice between fewer; 0:
/// back to thread_count(). For tests and tools. No effect inside a body.
TRACEJIT_PRIVATE void force_thread_count(int n) noexcept;

} // namespace jit
