// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/base/SeededBugs.h"

namespace jit {

#ifdef TRACEJIT_WITH_SEEDED_BUGS
constinit SeededBug planted_bug = SeededBug::none;
#endif

} // namespace jit
