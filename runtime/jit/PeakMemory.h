// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PeakMemory: what a program holds at once, against its ops run one by one. Inputs, which are there
// in both cases, do not count.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/program/Program.h"
#include "runtime/trace/Graph.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace jit {

/// Bytes held at the worst moment when every value goes after its last use and outputs stay.
TRACEJIT_PRIVATE std::size_t peak_of_ops(const Graph &graph);

/// Bytes of all values that are no views.
std::size_t bytes_of_values(const Graph &graph);

/// Bytes of the program's temporaries and of the outputs that take over no input.
TRACEJIT_PRIVATE std::size_t peak_of_program(const Graph &graph, const ProgramInfo &program);

/// Bytes that a program may hold above what its ops hold: an eighth, 1 MiB, or 1/64 of the bytes
/// that the machine has left, whichever is most; or so many percent, unless that is below 0.
inline std::size_t memory_budget(std::size_t ops, std::size_t left, int percent = -1) noexcept {
  if (percent >= 0)
    return ops / 100 * static_cast<std::size_t>(percent);
  constexpr std::size_t least = std::size_t{1} << 20;
  return std::max({ops / 8, least, left / 64});
}

/// The budget in steps, so that the memory that happens to be left decides seldom: what was
/// compiled by one process is found by the next. `values`: bytes of all values of the graph; a
/// budget that no program for them could use up is like any greater one.
inline std::size_t budget_class(std::size_t budget, std::size_t values) noexcept {
  constexpr std::size_t most = std::size_t{1} << 60;
  const std::size_t enough = std::bit_ceil(2 * std::min(values, most)) + (std::size_t{1} << 20);
  return std::min(std::bit_floor(budget), enough);
}

} // namespace jit
