// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The commands. They write to standard output and throw Exit.
#pragma once

#include "runtime/trace/Inputs.h"
#include "tools/tracec/CommandLine.h"
#include "tools/tracec/Exit.h"

namespace tracec {

ExitCode run(const Request &request);
ExitCode dump(const Request &request);
ExitCode bench(const Request &request);
ExitCode import_file(const Request &request);
ExitCode compile(const Request &request);
ExitCode profile(const Request &request);
ExitCode info(const Request &request);

/// Outputs of the eager kernels. Throws Exit(input) if an index or a slice is out of range.
std::vector<jit::Tensor> run_eager(const Request &request, const jit::Graph &graph,
                                   const jit::GraphInputs &inputs);

/// One line for every output: equal, or the first element that differs with both values in decimal
/// and hex.
struct Comparison {
  std::vector<std::string> lines;
  bool equal = true;
};
Comparison compare(const jit::Graph &graph, const std::vector<jit::Tensor> &eager,
                   const std::vector<jit::Tensor> &compiled);

} // namespace tracec
