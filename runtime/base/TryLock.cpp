// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Try-only lock and its fork handlers.
#include "runtime/base/TryLock.h"

#include <array>
#include <cstdlib>
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>

namespace jit {

bool TryLock::try_lock() noexcept {
  for (int spin = 0; spin < 32; ++spin) {
    if (!held.load(std::memory_order_relaxed) && !held.exchange(true, std::memory_order_acquire))
      return true;
    _mm_pause();
  }
  return false;
}

void TryLock::lock() noexcept {
  while (!try_lock())
    sched_yield();
}

namespace {

constinit std::array<std::atomic<TryLock *>, 32> fork_locks{};
constinit std::atomic<unsigned> fork_lock_count{0};
constinit TryLock registration; // also keeps the list unchanged between the fork handlers

void lock_all() {
  registration.lock();
  for (unsigned i = 0; i < fork_lock_count.load(); ++i)
    fork_locks[i].load()->lock();
}

void unlock_all() {
  for (unsigned i = fork_lock_count.load(); i-- > 0;)
    fork_locks[i].load()->unlock();
  registration.unlock();
}

} // namespace

void hold_across_fork(TryLock &lock) noexcept {
  registration.lock();
  if (fork_lock_count == 0)
    pthread_atfork(lock_all, unlock_all, unlock_all);
  if (fork_lock_count == fork_locks.size())
    std::abort();
  fork_locks[fork_lock_count] = &lock;
  ++fork_lock_count;
  registration.unlock();
}

} // namespace jit
