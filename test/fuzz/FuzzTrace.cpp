// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading traces. What is read is written, read and written again: the same bytes. Types are
// interned for ever, so long campaigns need fresh processes: `fuzz-trace -fork=1 corpus-folder`.
#include "runtime/trace/Text.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  const jit::ParsedTraces first = jit::parse_traces(text, "fuzz");
  if (!first.error.empty()) {
    if (!first.graphs.empty())
      std::abort();
    return 0;
  }
  std::string written;
  for (const jit::Graph &graph : first.graphs)
    written += to_text(graph);
  const jit::ParsedTraces second = jit::parse_traces(written, "fuzz");
  if (second.graphs.size() != first.graphs.size())
    std::abort();
  std::string again;
  for (const jit::Graph &graph : second.graphs)
    again += to_text(graph);
  if (again != written)
    std::abort();
  return 0;
}
