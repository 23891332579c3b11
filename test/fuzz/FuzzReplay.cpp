// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Traces that are read are also run, op by op with the eager kernels, if they are small: every op
// stays inside its tensors whatever shapes, strides, attributes and numbers a file gives. Links the
// whole runtime, so the sanitizers see its kernels.
#include "runtime/base/Options.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/tensor/Impl.h"
#include "runtime/trace/Replay.h"
#include "runtime/trace/Span.h"
#include "runtime/trace/Text.h"

#include <algorithm>
#include <cstdlib>

using namespace jit;

/// Time and memory grow with this, so that inputs stay quick.
static constexpr std::int64_t most_elements = 2048;

static bool is_small(const Graph &graph) {
  const auto small = [](const Meta *meta) {
    const auto span = span_of(meta->dtype, meta->dims(), meta->strides());
    return meta->size <= most_elements && span && span->elements <= most_elements &&
           std::ranges::all_of(meta->dims(), [](auto extent) { return extent <= most_elements; });
  };
  return graph.ops.size() <= 32 && std::ranges::all_of(graph.inputs, small) &&
         std::ranges::all_of(graph.values, small, &GraphValue::meta);
}

static bool readable(const Tensor &tensor) {
  const Impl &impl = *detail::Access::impl(tensor);
  std::vector<std::byte> elements(impl.meta->bytes());
  copy_strided(*impl.meta, impl.data(), elements.data());
  return elements.size() == impl.meta->bytes();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  mutable_options().threads = 1;
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  for (const Graph &graph : parse_traces(text, "fuzz").graphs) {
    if (!is_small(graph))
      continue;
    const Result<GraphInputs> inputs = seeded_inputs(graph, size);
    if (!inputs)
      continue;
    const Result<std::vector<Tensor>> outputs = replay(graph, *inputs);
    if (!outputs && outputs.message().empty())
      std::abort();
    if (outputs &&
        (outputs->size() != graph.outputs.size() || !std::ranges::all_of(*outputs, readable)))
      std::abort();
  }
  return 0;
}
