// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running a graph op by op with the eager kernels: the reference for compiled programs.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/trace/Inputs.h"

namespace jit {

/// The outputs, in the order of Graph::outputs. Values are freed after their last use, as eager
/// code does. A message if an index or a slice leaves its tensor, or when out of memory.
TRACEJIT_PRIVATE Result<std::vector<Tensor>> replay(const Graph &graph, const GraphInputs &inputs);

} // namespace jit
