// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bundles, which programs with libtracejit load.
#pragma once

#include "runtime/jit/Compiler.h"
#include "tools/tracec/CInterface.h"
#include "tools/tracec/CommandLine.h"

#include <tracejit/tensor.h>

#include <deque>
#include <vector>

namespace tracec {

/// Names, constants and options of the functions that a file will have.
struct Functions {
  std::vector<CFunction> c;
  std::vector<jit::ArtefactFunction> wanted;
  std::vector<jit::Tensor> constants; ///< hold the bytes
  std::vector<std::byte> weights;     ///< of the one function with constants in a file
  std::deque<jit::Graph> graphs;      ///< those of the file without what constants decide
};

/// A bundle of the functions, with code for each target. Throws Exit.
std::vector<std::byte> make_package(const Request &request, const Functions &functions);

} // namespace tracec
