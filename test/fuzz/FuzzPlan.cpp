// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any bytes as the plan of a program, and as its kernels: refused with a message, or the same bytes
// when they are written again. A plan that is taken runs. The corpus has plans of the graph below
// as the compiler made them.
#include "runtime/program/PlanBytes.h"
#include "runtime/trace/Text.h"
#include "test/fuzz/RunPlan.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

static const jit::Graph &graph() {
  static constexpr std::string_view text =
#include "test/fuzz/PlanGraph.inc"
      ;
  static const jit::Graph parsed = [] {
    jit::ParsedTraces traces = jit::parse_traces(text, "graph");
    if (traces.graphs.size() != 1)
      std::abort();
    return std::move(traces.graphs[0]);
  }();
  return parsed;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte *>(data), size);
  jit::Result<jit::Plan> plan = jit::plan_from_bytes(bytes, graph());
  if (plan ? !std::ranges::equal(jit::plan_to_bytes(*plan), bytes) : plan.message().empty())
    std::abort();
  if (plan)
    jit::run_plan(graph(), std::move(*plan));
  constexpr std::size_t code_bytes = 4096;
  const auto kernels = jit::kernels_from_bytes(bytes, code_bytes);
  if (kernels)
    for (const jit::StoredKernel &kernel : *kernels)
      if (kernel.place + kernel.bytes > code_bytes || kernel.kernel.chunks() < 0)
        std::abort();
  return 0;
}
