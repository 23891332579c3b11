// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Whether a plan that was read from a file can be run for a graph.
#pragma once

#include "runtime/program/Plan.h"
#include "runtime/trace/Graph.h"

#include <optional>

namespace jit {

inline constexpr std::size_t max_plan_steps = 65536;
inline constexpr std::uint64_t max_arena_bytes = std::uint64_t{1} << 40;

/// What is wrong: a number without a meaning in this graph, an op that infer refuses, a buffer that
/// leaves its memory. Precondition: metas are interned, enumerators known.
std::optional<std::string> check_plan(const Plan &plan, const Graph &graph);

} // namespace jit
