// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/OwnerLock.h"

#include <immintrin.h>
#include <time.h>

namespace jit {

/// Waits until `done()`.
template <class Condition> static void wait_for(Condition done) noexcept {
  constexpr int spins = 200;
  constexpr long nap_ns = 20'000;
  for (int turn = 0; !done(); ++turn) {
    if (turn < spins) {
      _mm_pause();
      continue;
    }
    const timespec nap{0, nap_ns};
    nanosleep(&nap, nullptr);
  }
}

void OwnerLock::let_others_go_first() noexcept {
  do {
    held.store(0, std::memory_order_release);
    wait_for([this] { return wanted.load(std::memory_order_relaxed) != taken; });
    held.store(1, std::memory_order_relaxed);
    fence::light();
  } while (wanted.load(std::memory_order_acquire) == taken);
}

void OwnerLock::lock_from_outside() noexcept {
  wait_for([this] { return wanted.exchange(taken, std::memory_order_acquire) != taken; });
  fence::heavy();
  wait_for([this] { return held.load(std::memory_order_acquire) == 0; });
}

} // namespace jit
