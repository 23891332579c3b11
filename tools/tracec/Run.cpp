// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tracec run: outputs of the eager kernels, of compiled code, or both compared.
#include "runtime/jit/CheckMode.h"
#include "runtime/ops/Views.h"
#include "runtime/tensor/Impl.h"
#include "runtime/tensor/Print.h"
#include "runtime/trace/Replay.h"
#include "tools/tracec/Commands.h"
#include "tools/tracec/Compiled.h"
#include "tools/tracec/OnDevice.h"
#include "tools/tracec/TraceFile.h"

#include <algorithm>
#include <iostream>

namespace tracec {

static std::string label(const jit::Graph &graph, std::size_t k) {
  return "%" + std::to_string(graph.outputs[k]);
}

std::vector<jit::Tensor> run_eager(const Request &request, const jit::Graph &graph,
                                   const jit::GraphInputs &inputs) {
  jit::Result<std::vector<jit::Tensor>> outputs = jit::replay(graph, inputs);
  if (outputs)
    return std::move(*outputs);
  const bool memory = outputs.message().find("out of memory") != std::string::npos;
  throw Exit(memory ? ExitCode::limit : ExitCode::input,
             shown_name(request) + ": error: " + outputs.message());
}

Comparison compare(const jit::Graph &graph, const std::vector<jit::Tensor> &eager,
                   const std::vector<jit::Tensor> &compiled) {
  Comparison result;
  for (std::size_t k = 0; k < eager.size(); ++k) {
    const jit::Impl &value = *jit::detail::Access::impl(eager[k]);
    const auto difference = jit::first_difference(value.meta->dtype, value.meta->size, value.data(),
                                                  jit::detail::Access::impl(compiled[k])->data());
    result.lines.push_back(label(graph, k) + " " + describe(*value.meta) + ": " +
                           (difference ? "differs at " + *difference : "equal"));
    result.equal &= !difference;
  }
  return result;
}

static void print_outputs(const jit::Graph &graph, const std::vector<jit::Tensor> &outputs) {
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const jit::Impl &value = *jit::detail::Access::impl(outputs[k]);
    std::cout << label(graph, k) << " = ";
    jit::print(std::cout, value.meta->dtype, value.meta->dims(), value.meta->strides(),
               value.data());
    std::cout << '\n';
  }
}

/// Whether a run can fail on the values of numbers and indices, which compiled code does not check.
static bool needs_checks(const jit::Graph &graph) {
  return std::any_of(graph.ops.begin(), graph.ops.end(), [](const jit::GraphOp &op) {
    return jit::info(op.op).index_check || jit::has_starts(op.op);
  });
}

/// The same on a GPU. Outputs are compared and printed on the CPU.
static bool run_on(jit::DeviceNumber device, const Request &request, const jit::Graph &graph) {
  const jit::GraphInputs inputs = make_inputs(request, graph);
  const jit::Graph moved = put_on(device, graph);
  const jit::GraphInputs there = put_on(device, inputs);
  std::vector<jit::Tensor> eager, compiled;
  if (request.mode != RunMode::compiled || needs_checks(graph))
    eager = on_host(run_eager(request, moved, there));
  if (request.mode != RunMode::eager)
    compiled = on_host(CompiledTrace(request, moved).run(there));
  if (request.mode != RunMode::both) {
    print_outputs(graph, request.mode == RunMode::eager ? eager : compiled);
    return true;
  }
  bool equal = true;
  const std::vector<jit::Tensor> expected = run_eager(request, graph, inputs);
  for (const auto &[way, outputs] :
       {std::pair("eager ", &eager), std::pair("compiled ", &compiled)}) {
    const Comparison comparison = compare(graph, expected, *outputs);
    for (const std::string &line : comparison.lines)
      std::cout << way << line << '\n';
    equal &= comparison.equal;
  }
  return equal;
}

static bool run_one(const Request &request, const jit::Graph &graph) {
  if (const jit::DeviceNumber device = device_of(request); device != jit::on_cpu)
    return run_on(device, request, graph);
  const jit::GraphInputs inputs = make_inputs(request, graph);
  std::vector<jit::Tensor> eager;
  if (request.mode != RunMode::compiled || needs_checks(graph))
    eager = run_eager(request, graph, inputs);
  if (request.mode == RunMode::eager) {
    print_outputs(graph, eager);
    return true;
  }
  const std::vector<jit::Tensor> compiled = CompiledTrace(request, graph).run(inputs);
  if (request.mode == RunMode::compiled) {
    print_outputs(graph, compiled);
    return true;
  }
  const Comparison comparison = compare(graph, eager, compiled);
  for (const std::string &line : comparison.lines)
    std::cout << line << '\n';
  return comparison.equal;
}

ExitCode run(const Request &request) {
  const std::vector<jit::Graph> graphs = read_traces(request);
  bool equal = true;
  for (std::size_t k = 0; k < graphs.size(); ++k) {
    std::cout << heading(graphs, k);
    equal &= run_one(request, graphs[k]);
  }
  return equal ? ExitCode::ok : ExitCode::comparison;
}

} // namespace tracec
