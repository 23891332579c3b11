// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/trace/Demands.h"

#include "runtime/kernels/KernelCall.h"
#include "runtime/ops/NumberRange.h"
#include "runtime/ops/Views.h"
#include "runtime/tensor/Impl.h"
#include "runtime/trace/PendingIndices.h"

#include <algorithm>
#include <limits>

namespace jit {
namespace {

constexpr IndexRange anything{std::numeric_limits<std::int64_t>::min(),
                              std::numeric_limits<std::int64_t>::max()};

void tighten(std::optional<IndexRange> &known, IndexRange wanted) {
  const IndexRange before = known.value_or(anything);
  known = {std::max(before.min, wanted.min), std::min(before.max, wanted.max)};
}

std::vector<OperandType> types_of(const Graph &graph, const GraphOp &op) {
  std::vector<OperandType> types;
  for (const OperandCode code : op.operands)
    types.push_back(graph.type_of(code));
  return types;
}

AttrWords words_of(const GraphOp &op) {
  return op.attrs ? AttrWords(op.attrs->words) : AttrWords();
}

/// Last to first, so that what a value's users need is known at the op that makes it.
class Collector {
public:
  explicit Collector(const Graph &graph) : graph(graph), values(graph.values.size()) {
    demands.inputs.resize(graph.inputs.size());
    demands.numbers.resize(graph.scalars.size());
    demands.held.resize(graph.scalars.size());
    demands.fills.resize(graph.scalars.size());
    for (std::size_t i = graph.ops.size(); i-- > 0;)
      visit(graph.ops[i]);
  }

  Demands demands;

private:
  void ask(OperandCode code, std::optional<IndexRange> wanted) {
    if (wanted && code.kind() == OperandCode::input)
      tighten(demands.inputs[code.index()], *wanted);
    else if (wanted && code.kind() == OperandCode::value)
      tighten(values[code.index()], *wanted);
  }

  void visit(const GraphOp &op) {
    const OpInfo &row = info(op.op);
    if (row.index_check) {
      const std::vector<OperandType> types = types_of(graph, op);
      ask(op.operands[row.index_check->operand],
          row.index_check->allowed({op.op, words_of(op), types}));
    }
    if (has_starts(op.op))
      ask_starts(op);
    else
      ask_numbers(op, row);
    // Ops that hand elements on.
    const std::optional<IndexRange> wanted = values[op.first_value];
    if (row.family == Family::view || op.op == OpKind::astype || op.op == OpKind::take ||
        op.op == OpKind::take_along_axis || op.op == OpKind::sort)
      ask(op.operands[0], wanted);
    if (row.family == Family::movement)
      for (const OperandCode code : op.operands)
        ask(code, wanted);
  }

  /// As dispatch settles them: `is_ranged` ops compute in a dtype; fills are elements of the
  /// result.
  void ask_numbers(const GraphOp &op, const OpInfo &row) {
    const bool fills = op.op == OpKind::full || op.op == OpKind::pad;
    if (!fills && row.family != Family::elementwise)
      return;
    DType dtype = graph.values[op.first_value].meta->dtype;
    if (!fills) {
      if (op.attrs)
        return;
      dtype = element_types(row, {}, types_of(graph, op)).compute;
      if (!is_ranged(row, dtype))
        return;
    }
    const NumberRange &range = number_range(dtype);
    for (const OperandCode code : op.operands) {
      if (code.kind() != OperandCode::scalar ||
          graph.scalars[code.index()] == ScalarKind::boolean ||
          (fills && (is_float(dtype) || dtype == DType::boolean)))
        continue;
      tighten(demands.held[code.index()], {range.low, range.high});
      demands.fills[code.index()] = demands.fills[code.index()] || fills;
    }
  }

  /// A slice stays inside its operand.
  void ask_starts(const GraphOp &op) {
    const std::vector<OperandType> types = types_of(graph, op);
    const SliceBox box = slice_box({op.op, words_of(op), types});
    const Dims dims = types[0].meta->dims();
    const std::size_t first = op.operands.size() - box.steps.size();
    for (std::size_t i = 0; i < box.steps.size(); ++i) {
      const OperandCode start = op.operands[first + i];
      if (start.kind() != OperandCode::scalar || box.extents[i] == 0)
        continue;
      const std::int64_t last = (box.extents[i] - 1) * box.steps[i];
      tighten(demands.numbers[start.index()],
              {std::max<std::int64_t>(0, -last), dims[i] - 1 - std::max<std::int64_t>(0, last)});
    }
  }

  const Graph &graph;
  std::vector<std::optional<IndexRange>> values;
};

/// An input as far as it is known.
struct DemandedInput {
  std::optional<IndexRange> range;
};
IndexRange known_range(const DemandedInput &input) { return input.range.value_or(anything); }

/// The graph as provably_within() asks for it.
struct GraphSource {
  const Graph &graph;
  const Demands &demands;

  ValueMaker maker(std::uint32_t value) const {
    const GraphOp &op = graph.ops[graph.values[value].op];
    return {op.op, op.attrs, op.operands, value - op.first_value};
  }
  DemandedInput input(std::uint32_t k) const { return {demands.inputs[k]}; }
  const Meta *meta(OperandCode code) const { return graph.meta_of(code); }
};

} // namespace

Demands demands_of(const Graph &graph) { return Collector(graph).demands; }

bool meets(const std::optional<IndexRange> &demand, const Impl &tensor) noexcept {
  return !demand || !is_integer(tensor.meta->dtype) ||
         index_range(*tensor.meta, tensor.data()).is_within(*demand);
}

std::optional<std::string> find_unproven_index(const Graph &graph, const Demands &demands) {
  for (const GraphOp &op : graph.ops) {
    const OpInfo &row = info(op.op);
    if (!row.index_check)
      continue;
    const std::vector<OperandType> types = types_of(graph, op);
    if (!provably_within(GraphSource{graph, demands}, op.operands[row.index_check->operand],
                         row.index_check->allowed({op.op, words_of(op), types})))
      return "%" + std::to_string(op.first_value) + " = " + std::string(row.name);
  }
  return std::nullopt;
}

} // namespace jit
