// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuda-emu-compile TEXT LIBRARY: makes the emulated library of a kernel text; for the texts whose
// PTX is made when tracejit is built.
#include "test/cuda/emu/Compile.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

int main(int argc, char **argv) {
  if (argc != 3) {
    std::cerr << "usage: cuda-emu-compile TEXT LIBRARY\n";
    return 2;
  }
  std::ostringstream text;
  std::ifstream file(argv[1], std::ios::binary);
  text << file.rdbuf();
  if (!file) {
    std::cerr << argv[1] << ": cannot be read\n";
    return 2;
  }
  const jit::emu::Compilation made = jit::emu::compile(text.str(), 0, 0);
  if (made.path.empty()) {
    std::cerr << made.log;
    return 1;
  }
  std::filesystem::copy_file(made.path, argv[2], std::filesystem::copy_options::overwrite_existing);
}
