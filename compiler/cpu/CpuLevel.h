// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Code that finds out which x86-64 level the processor has, for any processor.
#pragma once

#include "compiler/cpu/EntryParts.h"

namespace jit::cpu {

/// i32 level(): 4, 3, or 1 for what is below x86-64-v3. Asks the processor once. One for a module.
llvm::Function *cpu_level(EntryParts &parts);

} // namespace jit::cpu
