// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Safe points: where the compile thread may be left standing for ever, because the process ends.
#pragma once

#include <atomic>

namespace jit {

/// Set to make the thread that compiles stand still at its next safe point.
[[gnu::visibility("default")]] extern std::atomic<bool> park_wanted;
/// What it does there; it need not return. Sleeps for ever unless it is replaced.
using ParkFunction = void() noexcept;
[[gnu::visibility("default")]] extern std::atomic<ParkFunction *> park_function;

/// Calls `park_function`.
[[gnu::visibility("default"), gnu::noinline, gnu::cold]] void park_here() noexcept;

/// Called often by everything that compiles: from one point to the next pass a few milliseconds at
/// most. No lock is held there, neither one of ours nor of LLVM.
inline void safe_point() noexcept {
  if (park_wanted.load(std::memory_order_relaxed)) [[unlikely]]
    park_here();
}

} // namespace jit
