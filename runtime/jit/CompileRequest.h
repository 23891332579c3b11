// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CompileRequest: a program that is wanted, with everything that decides about it.
#pragma once

#include "runtime/jit/Compiler.h"

#include <cstdint>
#include <vector>

namespace jit {

struct CompileRequest {
  Graph graph;
  CompileOptions options;
};

/// For this machine and the options of this process. Kernels are shared with those in `kernels`.
CompileRequest request_for(const Graph &graph, const std::vector<std::uint32_t> &outputs,
                           KernelCache &kernels);

} // namespace jit
