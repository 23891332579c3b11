// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What --constant names.
#pragma once

#include "runtime/trace/Graph.h"
#include "tools/tracec/CommandLine.h"

#include <tracejit/tensor.h>

#include <cstdint>
#include <map>

namespace tracec {

/// The tensors, by the inputs of the trace that they are. Throws Exit.
std::map<std::uint32_t, jit::Tensor> read_constants(const Request &request,
                                                    const jit::Graph &graph);

} // namespace tracec
