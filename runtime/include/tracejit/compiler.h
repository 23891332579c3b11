// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Wiring the compiler in: the one call that loads LLVM.
#pragma once

namespace jit {

/// Opens libtracejit-compiler (option compiler=PATH, else beside libtracejit) and lets hot traces
/// be compiled from now on. Without the library programs run eagerly, which is logged once. Returns
/// whether the compiler is there. Throws invalid_argument if TRACEJIT cannot be read.
bool enable_compiler();

} // namespace jit
