// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A lock that user threads may only try: its holder can be a preempted thread of idle priority.
#pragma once

#include <atomic>

namespace jit {

/// Callers of try_lock need another way to go on when it fails; only fork handlers use lock().
class TryLock {
public:
  constexpr TryLock() noexcept = default;
  TryLock(const TryLock &) = delete;

  /// Spins for less than a microsecond.
  bool try_lock() noexcept;
  void lock() noexcept;
  void unlock() noexcept { held.store(false, std::memory_order_release); }

private:
  std::atomic<bool> held{false};
};

/// Makes every later fork() happen while `lock` is held, so that the child finds what it guards
/// whole. `lock` must live for ever; at most 32 locks.
void hold_across_fork(TryLock &lock) noexcept;

} // namespace jit
