// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The compiler that a test of faults runs with: the real one or, for speed, the interpreter. Which
// is decided by the file that the program is linked with.
#pragma once

namespace jit::faults {

/// Plugs it in, once, and sets the options of tests: no trial, no budget. Requests for memory
/// inside the compiler library are nobody's: LLVM ends the process when it gets none.
void plug_in_compiler();
/// Whether every compilation fails.
void refuse_compilations(bool refuse) noexcept;
/// Compilations wait until they are no longer held.
void hold_compilations(bool hold) noexcept;
/// Programs made so far.
int programs_made() noexcept;
extern const bool real_compiler;

} // namespace jit::faults
