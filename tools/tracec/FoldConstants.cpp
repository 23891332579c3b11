// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/tracec/FoldConstants.h"

#include "runtime/tensor/Impl.h"
#include "runtime/trace/Replay.h"
#include "tools/tracec/Exit.h"

#include <algorithm>
#include <vector>

namespace tracec {
namespace {

using jit::GraphOp;
using jit::OperandCode;

class Folder {
public:
  explicit Folder(const GraphWithConstants &given)
      : graph(given.graph), constants(given.constants), known(graph.values.size()),
        follows(graph.values.size()), kept(graph.ops.size()), folded(graph.values.size()) {}

  GraphWithConstants run() {
    find_known();
    find_kept();
    GraphWithConstants result = what_is_left();
    std::uint32_t next = static_cast<std::uint32_t>(result.graph.inputs.size() - wanted.size());
    for (jit::Tensor &tensor : compute())
      result.constants[next++] = std::move(tensor);
    return result;
  }

private:
  static constexpr std::size_t always_folded = 64 << 10;

  /// Values that constants alone decide, and those of them that depend on one.
  void find_known() {
    std::size_t given_bytes = 0;
    for (const auto &[input, tensor] : constants)
      given_bytes += graph.inputs[input]->bytes();
    for (const GraphOp &op : graph.ops) {
      bool all = true, any = false;
      for (const OperandCode operand : op.operands) {
        const bool is_value = operand.kind() == OperandCode::value;
        const bool constant =
            operand.kind() == OperandCode::input && constants.contains(operand.index());
        all &= constant || (is_value && known[operand.index()]);
        any |= constant || (is_value && follows[operand.index()]);
      }
      std::size_t bytes = 0;
      for (std::uint32_t v = op.first_value; v < op.first_value + op.results; ++v)
        bytes += graph.values[v].meta->bytes();
      all &= bytes <= std::max(always_folded, given_bytes);
      for (std::uint32_t v = op.first_value; v < op.first_value + op.results; ++v) {
        known[v] = all;
        follows[v] = any;
      }
    }
  }

  bool is_foldable(OperandCode code) const {
    return code.kind() == OperandCode::value && known[code.index()] && follows[code.index()];
  }

  /// From the last op on: views of constants cost nothing and stay, what is copied does not.
  void find_kept() {
    std::vector<bool> read(graph.values.size());
    for (const std::uint32_t output : graph.outputs)
      read[output] = true;
    for (std::size_t k = graph.ops.size(); k-- > 0;) {
      const GraphOp &op = graph.ops[k];
      bool needed = !known[op.first_value];
      for (std::uint32_t v = op.first_value; v < op.first_value + op.results; ++v)
        needed |= read[v];
      kept[k] = needed;
      if (!needed)
        continue;
      for (const OperandCode operand : op.operands) {
        if (operand.kind() != OperandCode::value)
          continue;
        const bool is_view = graph.values[operand.index()].view;
        if (is_foldable(operand) && !is_view && !is_output(operand.index()))
          fold(operand.index());
        else
          read[operand.index()] = true;
      }
    }
  }
  bool is_output(std::uint32_t value) const {
    return std::ranges::find(graph.outputs, value) != graph.outputs.end();
  }
  void fold(std::uint32_t value) {
    if (!folded[value])
      wanted.push_back(value);
    folded[value] = true;
  }

  GraphWithConstants what_is_left() {
    GraphWithConstants result;
    jit::Graph &left = result.graph;
    left.name = graph.name;
    left.begin = graph.begin;
    left.scalars = graph.scalars;
    left.examples = graph.examples;
    std::vector<bool> read(graph.inputs.size());
    for (std::size_t k = 0; k < graph.ops.size(); ++k)
      for (const OperandCode operand : graph.ops[k].operands)
        if (kept[k] && operand.kind() == OperandCode::input)
          read[operand.index()] = true;
    std::vector<OperandCode> inputs(graph.inputs.size()), values(graph.values.size());
    for (std::uint32_t k = 0; k < graph.inputs.size(); ++k) {
      const auto constant = constants.find(k);
      if (constant != constants.end() && !read[k])
        continue;
      const auto number = static_cast<std::uint32_t>(left.inputs.size());
      inputs[k] = {OperandCode::input, number};
      left.inputs.push_back(graph.inputs[k]);
      if (constant != constants.end())
        result.constants[number] = constant->second;
    }
    for (const std::uint32_t value : wanted) {
      values[value] = {OperandCode::input, static_cast<std::uint32_t>(left.inputs.size())};
      left.inputs.push_back(graph.values[value].meta);
    }
    for (std::size_t k = 0; k < graph.ops.size(); ++k)
      if (kept[k])
        add(graph.ops[k], inputs, values, left);
    for (const std::uint32_t output : graph.outputs)
      left.outputs.push_back(values[output].index());
    return result;
  }

  void add(GraphOp op, const std::vector<OperandCode> &inputs, std::vector<OperandCode> &values,
           jit::Graph &left) const {
    const auto first = static_cast<std::uint32_t>(left.values.size());
    for (std::uint32_t r = 0; r < op.results; ++r) {
      const std::uint32_t value = op.first_value + r;
      if (!folded[value])
        values[value] = {OperandCode::value, first + r};
      left.values.push_back(graph.values[value]);
      left.values.back().op = static_cast<std::uint32_t>(left.ops.size());
    }
    for (OperandCode &operand : op.operands)
      if (operand.kind() != OperandCode::scalar)
        operand = operand.kind() == OperandCode::input ? inputs[operand.index()]
                                                       : values[operand.index()];
    op.first_value = first;
    left.ops.push_back(std::move(op));
  }

  /// The values that are wanted, by the eager kernels.
  std::vector<jit::Tensor> compute() const {
    if (wanted.empty())
      return {};
    jit::Graph known_part = graph;
    std::erase_if(known_part.ops, [&](const GraphOp &op) { return !known[op.first_value]; });
    known_part.outputs = wanted;
    jit::GraphInputs values;
    for (std::uint32_t k = 0; k < graph.inputs.size(); ++k) {
      const auto constant = constants.find(k);
      values.tensors.push_back(constant == constants.end() ? jit::Tensor() : constant->second);
    }
    values.numbers.assign(graph.scalars.size(), jit::Scalar(0));
    jit::Result<std::vector<jit::Tensor>> computed = jit::replay(known_part, values);
    if (!computed)
      throw Exit(ExitCode::input, "tracec: error: ops of constants: " + computed.message());
    return std::move(*computed);
  }

  const jit::Graph &graph;
  const std::map<std::uint32_t, jit::Tensor> &constants;
  std::vector<bool> known, follows; ///< by value
  std::vector<bool> kept;           ///< by op
  std::vector<bool> folded;         ///< by value: becomes an input
  std::vector<std::uint32_t> wanted;
};

} // namespace

GraphWithConstants fold_constants(GraphWithConstants given) {
  return given.constants.empty() ? std::move(given) : Folder(given).run();
}

} // namespace tracec
