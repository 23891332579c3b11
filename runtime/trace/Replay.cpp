// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/trace/Replay.h"

#include "runtime/kernels/Execute.h"
#include "runtime/ops/Views.h"

#include <array>

namespace jit {
namespace {

class Replayer {
public:
  Replayer(const Graph &graph, const GraphInputs &inputs)
      : graph(graph), inputs(inputs), values(graph.values.size()),
        last_use(graph.values.size(), 0) {
    for (std::size_t i = 0; i < graph.ops.size(); ++i)
      for (const OperandCode code : graph.ops[i].operands)
        if (code.kind() == OperandCode::value)
          last_use[code.index()] = i;
    for (const std::uint32_t output : graph.outputs)
      last_use[output] = graph.ops.size();
  }

  Result<std::vector<Tensor>> run() {
    for (std::size_t i = 0; i < graph.ops.size(); ++i) {
      if (std::optional<std::string> message = run(graph.ops[i]))
        return Failure{"op " + std::to_string(i) + ": " + *message};
      drop_dead(i);
    }
    std::vector<Tensor> outputs;
    for (const std::uint32_t output : graph.outputs)
      outputs.push_back(values[output]);
    return outputs;
  }

private:
  Argument argument(OperandCode code) const {
    switch (code.kind()) {
    case OperandCode::value:
      return {detail::Access::impl(values[code.index()])};
    case OperandCode::input:
      return {detail::Access::impl(inputs.tensors[code.index()])};
    case OperandCode::scalar:
      return {nullptr, inputs.numbers[code.index()]};
    }
    return {};
  }

  /// What infer cannot know: the values of indices and starts.
  std::optional<std::string> check_values(const GraphOp &op, AttrWords attrs) const {
    if (info(op.op).index_check)
      return check_indices(op.op, attrs, arguments);
    if (!has_starts(op.op))
      return std::nullopt;
    std::vector<OperandType> types;
    DimList starts;
    for (const Argument &argument : arguments) {
      types.push_back(argument.type());
      if (!argument.impl)
        starts.push_back(argument.scalar.as_int());
    }
    return check_starts({op.op, attrs, types}, starts);
  }

  std::optional<std::string> run(const GraphOp &op) {
    const AttrWords attrs = op.attrs ? AttrWords(op.attrs->words) : AttrWords();
    arguments.clear();
    for (const OperandCode code : op.operands)
      arguments.push_back(argument(code));
    if (std::optional<std::string> message = check_values(op, attrs))
      return message;
    std::array<const Meta *, max_results> metas{};
    for (std::uint8_t r = 0; r < op.results; ++r)
      metas[r] = graph.values[op.first_value + r].meta;
    std::array<Produced, max_results> produced;
    if (!execute(op.op, attrs, arguments, {metas.data(), op.results},
                 graph.values[op.first_value].view, produced.data()))
      return std::string(info(op.op).name) + ": out of memory for " + describe(*metas[0]);
    bool good = true;
    for (std::uint8_t r = 0; r < op.results; ++r) {
      Impl *impl = new_ready(metas[r], produced[r].storage, produced[r].data);
      values[op.first_value + r] = detail::Access::tensor(impl);
      good &= impl != nullptr;
    }
    return good ? std::nullopt : std::optional<std::string>("out of memory");
  }

  /// Lets values go that no later op uses.
  void drop_dead(std::size_t i) {
    const GraphOp &op = graph.ops[i];
    const auto drop = [&](std::uint32_t value) {
      if (last_use[value] <= i)
        values[value] = Tensor();
    };
    for (const OperandCode code : op.operands)
      if (code.kind() == OperandCode::value)
        drop(code.index());
    for (std::uint8_t r = 0; r < op.results; ++r)
      drop(op.first_value + r);
  }

  const Graph &graph;
  const GraphInputs &inputs;
  std::vector<Tensor> values;
  std::vector<std::size_t> last_use; ///< number of the last op that reads it
  std::vector<Argument> arguments;   ///< of the op that runs
};

} // namespace

Result<std::vector<Tensor>> replay(const Graph &graph, const GraphInputs &inputs) {
  return Replayer(graph, inputs).run();
}

} // namespace jit
