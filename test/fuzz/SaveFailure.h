// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A failing program as trace file, with the command that shows the difference.
#pragma once

#include "test/fuzz/Program.h"

#include <string>

namespace jit::fuzz {

/// Writes fuzz-SEED.trace into the current folder and looks whether `tracec run`, beside this
/// program, shows the difference with the trace alone. Returns what to tell the user.
std::string save_failure(const Program &program, const std::string &trace_text);

} // namespace jit::fuzz
