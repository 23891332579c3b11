// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The trace text format: one op per line, the same graph after writing and reading. Described in
// docs/trace-format.md.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/trace/Graph.h"

#include <string>
#include <string_view>
#include <vector>

namespace jit {

inline constexpr std::string_view trace_header = "tracejit-trace 1";

/// The graph as a trace file. Deterministic: equal graphs give equal text.
std::string to_text(const Graph &graph);

/// What is read at most; more is an error.
inline constexpr std::size_t max_trace_file_bytes = std::size_t{16} << 20;
inline constexpr std::size_t max_trace_line_bytes = std::size_t{64} << 10;
inline constexpr std::size_t max_trace_ops = 4096;
inline constexpr std::size_t max_trace_operands = 255;
inline constexpr std::size_t max_traces_in_file = 4096;

struct ParsedTraces {
  std::vector<Graph> graphs; ///< empty if there is an error
  std::string error;         ///< "FILE:LINE:COLUMN: error: ..." with the line and a caret
  bool over_limit = false;   ///< the error is that one of the limits above is exceeded
};

/// Reads one or more traces. Safe on any bytes: every op is inferred again and compared with what
/// is written, every index is checked. `file` is for messages.
TRACEJIT_PRIVATE ParsedTraces parse_traces(std::string_view text, std::string_view file);

} // namespace jit
