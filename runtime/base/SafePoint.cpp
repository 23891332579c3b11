// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/base/SafePoint.h"

#include <unistd.h>

namespace jit {

static void sleep_for_ever() noexcept {
  for (;;)
    pause();
}

constinit std::atomic<bool> park_wanted{false};
constinit std::atomic<ParkFunction *> park_function{sleep_for_ever};

void park_here() noexcept { park_function.load(std::memory_order_acquire)(); }

} // namespace jit
