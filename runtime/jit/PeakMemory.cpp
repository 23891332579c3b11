// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/PeakMemory.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace jit {

/// The value whose block a value lies in, or nothing if that is an input's.
static std::optional<std::uint32_t> block_of(const Graph &graph, OperandCode code) {
  while (code.kind() == OperandCode::value && graph.values[code.index()].view)
    code = graph.ops[graph.values[code.index()].op].operands[0];
  if (code.kind() != OperandCode::value)
    return std::nullopt;
  return code.index();
}

/// The op after which nobody needs the block of a value; past the end for outputs.
static std::vector<std::size_t> last_uses(const Graph &graph) {
  std::vector<std::size_t> last(graph.values.size());
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const GraphOp &op = graph.ops[i];
    for (std::uint8_t r = 0; r < op.results; ++r)
      last[op.first_value + r] = i;
    for (OperandCode operand : op.operands)
      if (const auto block = block_of(graph, operand))
        last[*block] = i;
  }
  for (std::uint32_t output : graph.outputs)
    last[output] = graph.ops.size();
  return last;
}

std::size_t peak_of_ops(const Graph &graph) {
  const std::vector<std::size_t> last = last_uses(graph);
  std::vector<std::vector<std::uint32_t>> dying(graph.ops.size() + 1);
  for (std::uint32_t v = 0; v < graph.values.size(); ++v)
    if (!graph.values[v].view)
      dying[last[v]].push_back(v);
  std::size_t held = 0, peak = 0;
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const GraphOp &op = graph.ops[i];
    for (std::uint8_t r = 0; r < op.results; ++r)
      if (const GraphValue &value = graph.values[op.first_value + r]; !value.view)
        held += value.meta->bytes();
    peak = std::max(peak, held);
    for (std::uint32_t v : dying[i])
      held -= graph.values[v].meta->bytes();
  }
  return peak;
}

std::size_t bytes_of_values(const Graph &graph) {
  std::size_t bytes = 0;
  for (const GraphValue &value : graph.values)
    bytes += value.view ? 0 : value.meta->bytes();
  return bytes;
}

std::size_t peak_of_program(const Graph &graph, const ProgramInfo &program) {
  std::size_t bytes = program.arena_bytes - program.work_bytes;
  for (std::size_t j = 0; j < graph.outputs.size(); ++j)
    if (j >= program.donated_input.size() || program.donated_input[j] < 0)
      bytes += graph.values[graph.outputs[j]].meta->bytes();
  return bytes;
}

} // namespace jit
