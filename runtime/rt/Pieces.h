// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Work in pieces, by the function that the caller brings.
#pragma once

#include "runtime/rt/rt.h"

#include <cstdint>

namespace jit::rt {

/// How the caller of a function of rt.h has pieces run.
struct Caller {
  tj_parallel parallel; ///< null: on this thread
  void *pool;

  /// Calls body(context, 0) ... body(context, pieces - 1), under the default floating-point
  /// environment, and returns when all are done.
  void run(std::int64_t pieces, void (*body)(void *, std::int64_t), void *context) const noexcept;
};

} // namespace jit::rt
