// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Mode.h"

#include "runtime/base/Options.h"

namespace jit {

constinit std::atomic<Mode> detail::process_mode{unread_mode};

Mode detail::first_mode() noexcept {
  Mode unread = unread_mode; // somebody may set it meanwhile
  process_mode.compare_exchange_strong(unread, options().mode, std::memory_order_relaxed);
  return process_mode.load(std::memory_order_relaxed);
}

} // namespace jit
