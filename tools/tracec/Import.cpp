// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tracec import: what this version can make of a file that it did not write. So far it has
// importers for nothing but traces, and says what of them can be compiled ahead.
#include "tools/tracec/Commands.h"
#include "tools/tracec/Compiled.h"
#include "tools/tracec/TraceFile.h"

#include <filesystem>
#include <iostream>
#include <map>

namespace tracec {

/// Why a trace cannot be compiled ahead, with the op; empty if it can.
static std::string why_not(const Request &request, const jit::Graph &graph) {
  const std::string name = "trace", begin = name + ": ";
  const jit::ArtefactFunction function{&graph, compile_options(request, graph), name, "", {}};
  const jit::Artefact made = compiler().artefact({&function, 1}, request.targets);
  if (!made.object.empty())
    return "";
  return made.message.starts_with(begin) ? made.message.substr(begin.size()) : made.message;
}

ExitCode import_file(const Request &request) {
  const std::string ending = std::filesystem::path(request.file).extension().string();
  for (const char *model : {".onnx", ".safetensors", ".gguf", ".pt2", ".mlir"})
    if (ending == model)
      throw Exit(ExitCode::unsupported, "tracec: error: " + request.file +
                                            ": this version imports no " + ending +
                                            " files; it reads traces");
  if (!request.check)
    throw Exit(ExitCode::usage,
               "tracec: error: a trace is not imported but compiled; import --check "
               "says whether it can be");
  const std::vector<jit::Graph> graphs = read_traces(request);
  std::map<std::string, std::size_t> reasons; // without the op
  std::size_t refused = 0;
  for (std::size_t k = 0; k < graphs.size(); ++k) {
    const std::string why = why_not(request, graphs[k]);
    if (why.empty())
      continue;
    std::cout << heading(graphs, k) << why << '\n';
    ++refused;
    const std::size_t colon = why.find(": ");
    ++reasons[colon == why.npos ? why : why.substr(colon + 2)];
  }
  std::cout << graphs.size() - refused << " of " << graphs.size()
            << " traces can be compiled ahead\n";
  for (const auto &[reason, count] : reasons)
    std::cout << count << " cannot: " << reason << '\n';
  return refused ? ExitCode::unsupported : ExitCode::ok;
}

} // namespace tracec
