// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The compiler as the commands use it, and compiled traces.
#pragma once

#include "runtime/jit/Compiler.h"
#include "runtime/trace/Inputs.h"
#include "tools/tracec/CommandLine.h"

namespace tracec {

/// Opens the compiler library once. Throws Exit(unsupported).
jit::Compiler &compiler();
jit::CompileOptions compile_options(const Request &request, const jit::Graph &graph);

class CompiledTrace {
public:
  /// Throws Exit(unsupported) with the compiler's message.
  CompiledTrace(const Request &request, const jit::Graph &graph);

  /// The outputs, in new memory. Indices and starts must have been checked: compiled code believes
  /// them. Throws Exit(limit) when out of memory.
  std::vector<jit::Tensor> run(const jit::GraphInputs &inputs) const;
  const jit::ProgramInfo &info() const noexcept { return program->info(); }

private:
  const jit::Graph &graph;
  std::unique_ptr<jit::Program> program;
};

} // namespace tracec
