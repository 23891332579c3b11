// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// AsymmetricFence: orders a store before a later load on two threads where one does so all the time
// and the other almost never. The frequent side pays nothing.
#pragma once

#include <atomic>

namespace jit::fence {

/// Registers the process with membarrier(2); without it both sides are full fences. Call before
/// any thread uses the others, and again in the child of a fork.
void prepare() noexcept;

namespace detail {
extern std::atomic<bool> one_sided;
}

/// Whether the frequent side needs no instruction. Changes in the child of a fork at most.
inline bool is_one_sided() noexcept { return detail::one_sided.load(std::memory_order_relaxed); }
/// The frequent side: what this thread stored before is seen by whoever called heavy() after it, or
/// this thread sees what that one stored before its heavy().
inline void light() noexcept {
  if (is_one_sided()) [[likely]]
    std::atomic_signal_fence(std::memory_order_seq_cst);
  else
    std::atomic_thread_fence(std::memory_order_seq_cst);
}
/// The rare side: some microseconds.
void heavy() noexcept;

} // namespace jit::fence
