// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Accesses to memory that is not there, as an error of what was running instead of the process's
// end.
#pragma once

#include "runtime/base/FunctionRef.h"

namespace jit::emu {

/// Runs `body`. False if it touched memory that it may not: then `*address` is where, and `body`
/// was left without running destructors. With sanitizers such an access ends the process, with
/// their report.
bool runs_without_fault(FunctionRef<void()> body, const void **address);

} // namespace jit::emu
