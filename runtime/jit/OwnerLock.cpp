// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/OwnerLock.h"

#include <immintrin.h>
#include <time.h>

namespace jit {

void OwnerLock::wait() noexcept {
  constexpr int spins = 200;
  constexpr long nap_ns = 20'000;
  for (int turn = 0;; ++turn) {
    if (held.load(std::memory_order_relaxed) == 0 && try_lock())
      return;
    if (turn < spins) {
      _mm_pause();
      continue;
    }
    const timespec nap{0, nap_ns};
    nanosleep(&nap, nullptr);
  }
}

} // namespace jit
