// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What explain() says of the paths of a trace.
#pragma once

#include "runtime/jit/Anchor.h"

#include <tracejit/trace.h>

#include <vector>

namespace jit {

void append_reports(const Trace &trace, std::vector<TraceReport> &reports);
/// Copies of what was recorded.
void append_graphs(const Trace &trace, std::vector<Graph> &graphs);
/// By id: the order in which paths were first seen.
void sort_reports(std::vector<TraceReport> &reports);

} // namespace jit
