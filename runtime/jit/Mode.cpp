// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Mode.h"

#include "runtime/base/Options.h"

namespace jit {

std::atomic<Mode> &detail::process_mode() noexcept {
  static std::atomic<Mode> mode{options().mode};
  return mode;
}

} // namespace jit
