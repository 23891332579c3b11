// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The project's C++ compiler as the compiler of emulated libraries.
#pragma once

#include <string>
#include <string_view>

namespace jit::emu {

struct Compilation {
  std::string path; // of the library; empty: `log` says why
  std::string log;
};

/// The library of emulated_text(), in the build folder (environment TRACEJIT_EMU_CACHE: elsewhere)
/// by the hash of the text: a text is compiled once. The prelude is in the file that the
/// environment's TRACEJIT_EMU_PRELUDE names, else that of compiler/cuda/text.
Compilation compile(std::string_view text, unsigned target, unsigned toolkit);

} // namespace jit::emu
