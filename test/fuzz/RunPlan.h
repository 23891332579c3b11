// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plans that come from files, run for sanitizers: in memory of exactly the size that they ask for.
#pragma once

#include "runtime/program/Plan.h"
#include "runtime/trace/Graph.h"

namespace jit {

/// Touches the first and the last byte of every buffer, then runs the steps that are short, with
/// kernels that do nothing, but for ops that take indices: what these are is not for plans to
/// prove. Twice, with the numbers at either end of what the graph takes. Does nothing with a plan
/// or a graph that needs much memory. Precondition: the plan has passed check_plan.
void run_plan(const Graph &graph, Plan plan);

} // namespace jit
