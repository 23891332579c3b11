// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any bytes as the list of functions of a bundle whose other sections are good: refused with a
// message, or functions that fit their traces.
#include "runtime/program/Bundle.h"
#include "runtime/program/Container.h"

#include <array>
#include <cstdint>
#include <cstdlib>

static constexpr std::string_view text = "tracejit-trace 1\n"
                                         "name \"scaled\"\n"
                                         "input %in0 : f32[2,3]\n"
                                         "input %in1 : f32[3]\n"
                                         "number %num0 : float\n"
                                         "%0 = multiply(%in0, %in1) : f32[2,3]\n"
                                         "%1 = multiply(%0, %num0) : f32[2,3]\n"
                                         "output %1\n"
                                         "end\n";

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  static constexpr std::array<std::byte, 12> one_constant{};
  static constexpr std::array<std::byte, 24> another{};
  jit::ContainerWriter writer;
  writer.add(jit::SectionKind::bundle, {reinterpret_cast<const std::byte *>(data), size}, 0,
             jit::section_is_required);
  for (std::uint32_t f = 0; f < 3; ++f)
    writer.add(jit::SectionKind::trace, std::as_bytes(std::span(text)), f);
  writer.add(jit::SectionKind::constants, one_constant, 0);
  writer.add(jit::SectionKind::constants, another, 1);
  const std::vector<std::byte> file = writer.file();
  jit::KernelCache kernels;
  const auto functions = jit::read_bundle(file, "fuzz", {}, kernels);
  if (!functions) {
    if (functions.message().empty())
      std::abort();
    return 0;
  }
  for (const jit::BundleFunction &function : *functions) {
    const jit::Graph &graph = function.graph;
    if (function.program || function.names.inputs.size() != graph.inputs.size() ||
        function.names.outputs.size() != graph.outputs.size())
      std::abort();
    for (const auto &[input, bytes] : function.constants)
      if (input >= graph.inputs.size() || bytes.size() != graph.inputs[input]->bytes())
        std::abort();
  }
  return 0;
}
