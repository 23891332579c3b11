// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/policy/Ledger.h"

#include "runtime/policy/Clock.h"

namespace jit {

Ledger &Ledger::of_process() noexcept {
  static Ledger ledger(now_ns());
  return ledger;
}

} // namespace jit
