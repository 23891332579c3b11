// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tests of label passes-off also run with passes left out: their results must be the same.
#pragma once

#include "runtime/base/Options.h"

namespace jit::test {

/// What TRACEJIT=disable=PASS+PASS names. Call it before a test sets options.
inline const std::vector<std::string> &disabled_passes() {
  static const std::vector<std::string> passes = options().disable;
  return passes;
}

} // namespace jit::test
