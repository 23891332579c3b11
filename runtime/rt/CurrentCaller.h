// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels share their work by parallel_for, which has no argument for a pool: a thread knows for
// whom it runs.
#pragma once

#include "runtime/rt/Pieces.h"

namespace jit::rt {

/// The caller that parallel_for goes to on this thread, for a scope.
class CurrentCaller {
public:
  explicit CurrentCaller(const Caller &caller) noexcept;
  ~CurrentCaller();
  CurrentCaller(const CurrentCaller &) = delete;

private:
  const Caller caller;
  const Caller *const before;
};

} // namespace jit::rt
