// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The text of kernels as C++ for emulation: another prelude in front, a table of the kernels
// behind.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jit::emu {

/// The first line of a kernel: `// NAME: form FORM, 256 threads, 0 bytes shared, no barriers`.
struct KernelLine {
  std::string name;
  unsigned threads = 0, shared_bytes = 0;
  bool waits = false;
};

/// Those of a text, in order.
std::vector<KernelLine> kernel_lines(std::string_view text);

/// `text` from the line `//--- kernels` on, behind `prelude`; then its kernels as tj_emu_image,
/// made for `target` by `toolkit` (Host.h). Empty if the text has no such line: `why` says so.
std::string emulated_text(std::string_view text, std::string_view prelude, unsigned target,
                          unsigned toolkit, std::string &why);

} // namespace jit::emu
