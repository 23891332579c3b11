// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Trie.h"

#include "runtime/jit/Sequence.h"

#include <algorithm>

namespace jit {

constinit const ExpectedStep no_step{};

static bool expects_same(const Trie &trie, const TrieNode &node, const Graph &graph,
                         const GraphOp &op) {
  if (node.op != op.op || node.attrs != op.attrs || node.operand_count != op.operands.size() ||
      node.result_metas[0]->device != graph.device())
    return false;
  for (std::size_t i = 0; i < op.operands.size(); ++i) {
    const ExpectedOperand &expected = trie.expected[node.first_operand + i];
    const OperandCode code = op.operands[i];
    if (trie.codes[node.first_operand + i] != code)
      return false;
    if (code.kind() == OperandCode::input && expected.meta != graph.inputs[code.index()])
      return false;
    if (code.kind() == OperandCode::scalar && expected.kind != graph.scalars[code.index()])
      return false;
  }
  return true;
}

static std::vector<OperandType> types_of(const Graph &graph, const GraphOp &op) {
  std::vector<OperandType> types;
  for (const OperandCode code : op.operands)
    types.push_back(graph.type_of(code));
  return types;
}

/// The dtype whose range the integers among the op's numbers lie in, or bool.
static DType range_of(const Graph &graph, const GraphOp &op) {
  const OpInfo &row = info(op.op);
  if (row.family != Family::elementwise || op.attrs)
    return DType::boolean;
  const DType compute = element_types(row, {}, types_of(graph, op)).compute;
  return is_ranged(row, compute) ? compute : DType::boolean;
}

static DirectLoop direct_loop(const Graph &graph, const GraphOp &op) {
  if (op.results != 1 || op.attrs || graph.values[op.first_value].view)
    return {};
  const std::vector<OperandType> types = types_of(graph, op);
  return find_direct_loop(info(op.op), {}, types, *graph.values[op.first_value].meta);
}

static TrieNode make_node(Trie &trie, std::uint32_t parent, const Graph &graph, const GraphOp &op) {
  TrieNode node{};
  node.parent = parent;
  node.depth = trie.nodes[parent].depth + 1;
  node.op = op.op;
  node.operand_count = static_cast<std::uint8_t>(op.operands.size());
  node.results = op.results;
  node.checks_index = info(op.op).index_check != nullptr;
  const bool binds = std::ranges::any_of(
      op.operands, [](OperandCode code) { return code.kind() == OperandCode::input; });
  node.plain = op.results == 1 && !node.checks_index && (node.depth > 1 || binds);
  node.view = graph.values[op.first_value].view;
  node.attrs = op.attrs;
  node.first_operand = static_cast<std::uint32_t>(trie.codes.size());
  node.first_value = op.first_value;
  for (std::uint8_t r = 0; r < op.results; ++r)
    node.result_metas[r] = graph.values[op.first_value + r].meta;
  trie.sites.push_back(op.site);
  trie.sequences.push_back(sequence::op(trie.sequences[parent], graph, op));
  trie.loops.push_back(direct_loop(graph, op));
  const DType range = range_of(graph, op);
  for (OperandCode code : op.operands) {
    const OperandType type = graph.type_of(code);
    const bool ranged = !type.meta && type.kind == ScalarKind::integer;
    trie.codes.push_back(code);
    trie.expected.push_back({code, type.kind, ranged ? range : DType::boolean, type.meta});
  }
  return node;
}

/// Index of the child of `parent` for this op, or `last`, the end of the siblings.
static std::uint32_t find_child(const Trie &trie, std::uint32_t parent, const Graph &graph,
                                const GraphOp &op, std::uint32_t &last) {
  last = TrieNode::none;
  for (std::uint32_t c = trie.nodes[parent].first_child; c != TrieNode::none;
       c = trie.nodes[c].next_sibling) {
    if (expects_same(trie, trie.nodes[c], graph, op))
      return c;
    last = c;
  }
  return TrieNode::none;
}

static std::uint32_t add_child(Trie &trie, std::uint32_t parent, std::uint32_t last,
                               const Graph &graph, const GraphOp &op) {
  const auto added = static_cast<std::uint32_t>(trie.nodes.size());
  trie.nodes.push_back(make_node(trie, parent, graph, op));
  (last == TrieNode::none ? trie.nodes[parent].first_child : trie.nodes[last].next_sibling) = added;
  return added;
}

static void add_terminal(Trie &trie, std::uint32_t node, const std::shared_ptr<Path> &path,
                         std::vector<Variant> variants) {
  trie.nodes[node].terminal = static_cast<std::uint32_t>(trie.terminals.size());
  trie.terminals.push_back({path, std::move(variants)});
}

static void add_program(Trie &trie, const std::shared_ptr<Path> &path) {
  std::uint32_t node = 0;
  for (const GraphOp &op : path->graph.ops) {
    std::uint32_t last = TrieNode::none;
    const std::uint32_t child = find_child(trie, node, path->graph, op, last);
    node = child != TrieNode::none ? child : add_child(trie, node, last, path->graph, op);
  }
  add_terminal(trie, node, path, path->variants);
  trie.most.ops = std::max(trie.most.ops, path->graph.ops.size());
  trie.most.values = std::max(trie.most.values, path->graph.values.size());
  trie.most.inputs = std::max(trie.most.inputs, path->graph.inputs.size());
  trie.most.scalars = std::max(trie.most.scalars, path->graph.scalars.size());
  for (const Variant &variant : path->variants) {
    trie.arena_bytes = std::max(trie.arena_bytes, variant.program->info().arena_bytes);
    for (const std::size_t bytes : variant.reserved_bytes)
      trie.big_outputs |= bytes > 0;
  }
}

/// Looking at an op binds its inputs and numbers, so there has to be room for them.
static void make_room_for(Trie &trie, const GraphOp &op) {
  for (const OperandCode code : op.operands) {
    if (code.kind() == OperandCode::input)
      trie.most.inputs = std::max<std::size_t>(trie.most.inputs, code.index() + 1);
    if (code.kind() == OperandCode::scalar)
      trie.most.scalars = std::max<std::size_t>(trie.most.scalars, code.index() + 1);
  }
}

static void add_settled(Trie &trie, const std::shared_ptr<Path> &path) {
  std::uint32_t node = 0;
  for (const GraphOp &op : path->graph.ops) {
    std::uint32_t last = TrieNode::none;
    const std::uint32_t child = find_child(trie, node, path->graph, op, last);
    if (child == TrieNode::none) {
      node = add_child(trie, node, last, path->graph, op);
      trie.nodes[node].settled = true;
      trie.nodes[node].plain = false;
      make_room_for(trie, op);
      return;
    }
    node = child;
    if (trie.nodes[node].settled)
      return;
  }
  // Not where something begins that could not be traced to its end.
  if (trie.nodes[node].terminal == TrieNode::none && path->sequence == trie.sequences[node])
    add_terminal(trie, node, path, {});
}

/// Children come after their parents, so one walk from the end sees them first.
static void find_deciding(Trie &trie) {
  std::vector<std::uint32_t> children(trie.nodes.size());
  std::vector<bool> chain(trie.nodes.size(), true);
  for (std::uint32_t n = static_cast<std::uint32_t>(trie.nodes.size()); n-- > 1;) {
    const std::uint32_t parent = trie.nodes[n].parent;
    if (children[n] > 1)
      chain[n] = false;
    ++children[parent];
    if (!chain[n])
      chain[parent] = false;
  }
  chain[0] = false; // nothing is known before the first op
  trie.deciding.resize(trie.nodes.size());
  for (std::uint32_t n = 1; n < trie.nodes.size(); ++n)
    trie.deciding[n] = chain[n] && !chain[trie.nodes[n].parent];
}

/// Of one node, but for what is next. `bound`: how many inputs are bound before it.
static ExpectedStep make_step(const Trie &trie, std::uint32_t n, std::uint32_t bound) {
  const TrieNode &node = trie.nodes[n];
  ExpectedStep step{.node = n, .value = node.first_value, .meta = node.result_metas[0]};
  // Without tensors it depends on the thread's device, which the quick way does not look at.
  const bool any_tensor = std::ranges::any_of(
      trie.operands_of(node), [](OperandCode code) { return code.kind() != OperandCode::scalar; });
  if (!node.plain || node.attrs || !any_tensor ||
      node.operand_count > ExpectedStep::most_operands ||
      node.operand_count != info(node.op).operands.size())
    return step;
  const std::uint32_t bound_before = bound;
  for (std::size_t i = 0; i < node.operand_count; ++i) {
    const ExpectedOperand &expected = trie.expected[node.first_operand + i];
    const std::uint32_t index = expected.code.index();
    switch (expected.code.kind()) {
    case OperandCode::value:
      step.operands[i] = ExpectedWord::of_value(index);
      break;
    case OperandCode::input:
      step.operands[i] =
          index < bound ? ExpectedWord::of_input(index) : ExpectedWord::of_new_input();
      bound = std::max(bound, index + 1);
      break;
    case OperandCode::scalar:
      step.operands[i] = expected.range == DType::boolean
                             ? ExpectedWord::of_number(index, expected.kind)
                             : ExpectedWord::of_ranged_integer(index, expected.range);
      break;
    }
  }
  const bool ranged = std::ranges::any_of(
      step.operands, [](ExpectedWord word) { return word.tag() == ExpectedWord::ranged; });
  (bound > bound_before || ranged ? step.binding_op : step.op) = node.op;
  step.operand_count = node.operand_count;
  return step;
}

/// Parents come before their children.
static void add_steps(Trie &trie) {
  std::vector<std::uint32_t> inputs(trie.nodes.size()); // bound up to the node
  trie.steps.resize(trie.nodes.size());
  for (std::uint32_t n = 0; n < trie.nodes.size(); ++n) {
    const TrieNode &node = trie.nodes[n];
    ExpectedStep &step = trie.steps[n];
    if (n > 0) {
      step = make_step(trie, n, inputs[node.parent]);
      inputs[n] = inputs[node.parent];
      step.numbers = trie.steps[node.parent].numbers;
      for (const OperandCode code : trie.operands_of(node)) {
        if (code.kind() == OperandCode::input)
          inputs[n] = std::max(inputs[n], code.index() + 1);
        if (code.kind() == OperandCode::scalar)
          step.numbers = std::max(step.numbers, code.index() + 1);
      }
    }
    step.next = node.first_child == TrieNode::none ? &no_step : &trie.steps[node.first_child];
  }
}

std::unique_ptr<Trie> build_trie(std::span<const std::shared_ptr<Path>> programs,
                                 std::span<const std::shared_ptr<Path>> settled) {
  auto trie = std::make_unique<Trie>();
  trie->nodes.emplace_back();
  trie->sites.emplace_back();
  trie->sequences.push_back(sequence::begin);
  trie->loops.emplace_back();
  for (const std::shared_ptr<Path> &path : programs)
    add_program(*trie, path);
  for (const std::shared_ptr<Path> &path : settled)
    add_settled(*trie, path);
  find_deciding(*trie);
  add_steps(*trie);
  return trie;
}

} // namespace jit
