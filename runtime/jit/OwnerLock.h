// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// OwnerLock: a lock that its owner takes all the time and others almost never.
#pragma once

#include <atomic>
#include <cstdint>

namespace jit {

/// Taking it costs one locked instruction, releasing it none. Waiters spin briefly, then sleep in
/// short turns, so that a preempted owner is not spun upon.
class OwnerLock {
public:
  void lock() noexcept {
    if (held.exchange(1, std::memory_order_acquire) != 0) [[unlikely]]
      wait();
  }
  bool try_lock() noexcept { return held.exchange(1, std::memory_order_acquire) == 0; }
  void unlock() noexcept { held.store(0, std::memory_order_release); }

private:
  void wait() noexcept;
  std::atomic<std::uint32_t> held{0};
};

} // namespace jit
