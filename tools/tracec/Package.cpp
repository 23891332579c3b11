// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/tracec/Package.h"

#include "runtime/cuda/StoredGpuProgram.h"
#include "runtime/program/Bundle.h"
#include "runtime/tensor/Impl.h"
#include "tools/tracec/Compiled.h"
#include "tools/tracec/Exit.h"
#include "tools/tracec/TraceFile.h"
#include "tools/tracec/Weights.h"

#include <algorithm>

namespace tracec {

/// The names of all inputs of the graph: constants have no name of their own.
static jit::BundleNames names_of(const CFunction &c, const jit::ArtefactFunction &function) {
  jit::BundleNames names{c.name, {}, {}, {}};
  auto given = c.inputs.begin();
  std::size_t constants = 0;
  for (std::uint32_t k = 0; k < function.graph->inputs.size(); ++k)
    names.inputs.push_back(function.constants.contains(k) ? "constant" + std::to_string(constants++)
                                                          : given++->name);
  for (const CNumber &number : c.numbers)
    names.numbers.push_back(number.name);
  for (const CTensor &output : c.outputs)
    names.outputs.push_back(output.name);
  return names;
}

std::vector<std::byte> make_package(const Request &request, const Functions &functions) {
  std::vector<jit::BundleSource> sources;
  std::vector<std::unique_ptr<jit::Program>> programs;
  for (std::size_t f = 0; f < functions.wanted.size(); ++f) {
    const jit::ArtefactFunction &function = functions.wanted[f];
    jit::BundleSource &source = sources.emplace_back();
    source.names = names_of(functions.c[f], function);
    source.graph = function.graph;
    for (const auto &[input, tensor] : function.constants)
      source.constants[input] = bytes_of(*tensor);
    for (const jit::Isa isa : request.targets) {
      jit::CompileOptions options = function.options;
      options.target.isa = isa;
      jit::CompileResult result = compiler().compile(*function.graph, options);
      const auto *planned = dynamic_cast<const jit::PlannedProgram *>(result.program.get());
      // Saved traces may be of paths that were refused.
      if (!planned && request.command == Command::profile)
        continue;
      if (!planned)
        throw Exit(ExitCode::unsupported,
                   shown_name(request) + ": error: cannot be compiled: " + result.message);
      source.programs[isa] = planned;
      programs.push_back(std::move(result.program));
    }
    for (const int capability : request.gpus) {
      jit::CompileOptions options = function.options;
      options.target.gpu.capability = capability;
      const jit::CompileResult result = compiler().compile(*function.graph, options);
      if (!result.gpu)
        throw Exit(ExitCode::unsupported, shown_name(request) +
                                              ": error: cannot be compiled for sm_" +
                                              std::to_string(capability) + ": " + result.message);
      source.gpu_code[capability] = jit::gpu::bundle_code(capability, *result.gpu);
      if (source.gpu_code[capability].empty())
        throw Exit(ExitCode::limit,
                   shown_name(request) + ": error: its code for GPUs is too large");
    }
  }
  jit::Result<std::vector<std::byte>> bundle = jit::write_bundle(sources);
  if (!bundle)
    throw Exit(ExitCode::limit, shown_name(request) + ": error: " + bundle.message());
  return std::move(*bundle);
}

} // namespace tracec
