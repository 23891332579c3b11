// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The trace text format: one op per line, the same graph after writing and reading.
#pragma once

#include "runtime/trace/Graph.h"

#include <string>

namespace jit {

/// The graph as a trace file. Deterministic: equal graphs give equal text.
std::string to_text(const Graph &graph);

} // namespace jit
