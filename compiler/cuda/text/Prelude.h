// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What stands in front of kernels, for each compiler that reads them: the macros TJ_* and the
// intrinsics with which they are written. docs/gpu-text.md lists both.
#pragma once

#include <string>
#include <string_view>

namespace jit::gpu {

enum class Prelude {
  nvrtc, ///< NVIDIA's run-time compiler, nothing included
  clang, ///< clang -x cuda --cuda-device-only -nocudainc
  emu,   ///< any C++ compiler: kernels become functions of one pointer
};

/// With the marker lines around it; ends in a line feed.
std::string prelude_text(Prelude prelude);

/// The same kernels behind another prelude; empty if the text has no marker lines.
std::string with_prelude(std::string_view text, Prelude prelude);

} // namespace jit::gpu
