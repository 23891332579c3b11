// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tracec dump: the text of a trace after a phase of the compiler.
#include "tools/tracec/Commands.h"
#include "tools/tracec/Compiled.h"
#include "tools/tracec/TraceFile.h"

#include <iostream>

namespace tracec {

ExitCode dump(const Request &request) {
  const std::vector<jit::Graph> graphs = read_traces(request);
  for (std::size_t k = 0; k < graphs.size(); ++k) {
    std::string text;
    if (!compiler().dump(graphs[k], compile_options(request, graphs[k]), request.stage, text))
      throw Exit(ExitCode::unsupported,
                 shown_name(request) + ": error: cannot be compiled: " + text);
    std::cout << heading(graphs, k) << text;
    if (!text.empty() && text.back() != '\n')
      std::cout << '\n';
  }
  return ExitCode::ok;
}

} // namespace tracec
