// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Graphs by hand, and what they mean: every op run by its eager kernel.
#pragma once

#include "runtime/jit/Compiler.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/trace/Graph.h"
#include "test/unit/compiler/TestMemory.h"

namespace jit::test {

class GraphBuilder {
public:
  GraphBuilder() { graph.name = "test"; }

  OperandCode input(DType dtype, DimList dims) {
    graph.inputs.push_back(intern_contiguous(dtype, dims));
    return {OperandCode::input, static_cast<std::uint32_t>(graph.inputs.size() - 1)};
  }
  OperandCode number(ScalarKind kind) {
    graph.scalars.push_back(kind);
    return {OperandCode::scalar, static_cast<std::uint32_t>(graph.scalars.size() - 1)};
  }
  /// First result; a second one is the value after it.
  OperandCode op(OpKind kind, std::vector<OperandCode> operands, AttrWords attrs = {});
  void output(OperandCode code) { graph.outputs.push_back(code.index()); }

  Graph graph;
};

/// Outputs of the graph by eager kernels. Views must start where their operand does.
std::vector<Memory> run_eagerly(const Graph &graph, std::vector<Memory> &inputs,
                                const std::vector<Scalar> &numbers);

/// Inputs with numbers of every kind.
std::vector<Memory> random_inputs(const Graph &graph, unsigned seed = 1);

/// Compiles for both ISAs, runs on 1, 2 and 4 threads and compares bits with run_eagerly. Returns
/// the last program for a look at its info.
std::unique_ptr<Program> expect_compiled_equals_eager(const Graph &graph,
                                                      const std::vector<Scalar> &numbers = {});

Compiler &compiler();

} // namespace jit::test
