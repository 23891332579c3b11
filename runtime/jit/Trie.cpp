// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Trie.h"

#include <algorithm>

namespace jit {

static bool expects_same(const Trie &trie, const TrieNode &node, const Graph &graph,
                         const GraphOp &op) {
  if (node.op != op.op || node.attrs != op.attrs || node.operand_count != op.operands.size())
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

static TrieNode make_node(Trie &trie, std::uint32_t parent, const Graph &graph, const GraphOp &op) {
  TrieNode node{};
  node.parent = parent;
  node.depth = trie.nodes[parent].depth + 1;
  node.op = op.op;
  node.operand_count = static_cast<std::uint8_t>(op.operands.size());
  node.results = op.results;
  node.checks_index = info(op.op).index_check != nullptr;
  node.plain = op.results == 1 && !node.checks_index;
  node.view = graph.values[op.first_value].view;
  node.attrs = op.attrs;
  node.first_operand = static_cast<std::uint32_t>(trie.codes.size());
  node.first_value = op.first_value;
  for (std::uint8_t r = 0; r < op.results; ++r)
    node.result_metas[r] = graph.values[op.first_value + r].meta;
  trie.sites.push_back(op.site);
  for (OperandCode code : op.operands) {
    const bool number = code.kind() == OperandCode::scalar;
    trie.codes.push_back(code);
    trie.expected.push_back({code, number ? graph.scalars[code.index()] : ScalarKind::floating,
                             number ? nullptr : graph.meta_of(code)});
  }
  return node;
}

/// Index of the child of `parent` for this op, added at the end of the siblings if it is new.
static std::uint32_t child_for(Trie &trie, std::uint32_t parent, const Graph &graph,
                               const GraphOp &op) {
  std::uint32_t last = TrieNode::none;
  for (std::uint32_t c = trie.nodes[parent].first_child; c != TrieNode::none;
       c = trie.nodes[c].next_sibling) {
    if (expects_same(trie, trie.nodes[c], graph, op))
      return c;
    last = c;
  }
  const auto added = static_cast<std::uint32_t>(trie.nodes.size());
  trie.nodes.push_back(make_node(trie, parent, graph, op));
  (last == TrieNode::none ? trie.nodes[parent].first_child : trie.nodes[last].next_sibling) = added;
  return added;
}

std::unique_ptr<Trie> build_trie(std::span<const std::shared_ptr<Path>> paths) {
  auto trie = std::make_unique<Trie>();
  trie->nodes.emplace_back();
  trie->sites.emplace_back();
  for (const std::shared_ptr<Path> &path : paths) {
    if (path->variants.empty())
      continue;
    std::uint32_t node = 0;
    for (const GraphOp &op : path->graph.ops)
      node = child_for(*trie, node, path->graph, op);
    trie->nodes[node].terminal = static_cast<std::uint32_t>(trie->terminals.size());
    trie->terminals.push_back({path, path->variants});
    trie->most.ops = std::max(trie->most.ops, path->graph.ops.size());
    trie->most.values = std::max(trie->most.values, path->graph.values.size());
    trie->most.inputs = std::max(trie->most.inputs, path->graph.inputs.size());
    trie->most.scalars = std::max(trie->most.scalars, path->graph.scalars.size());
    for (const Variant &variant : path->variants) {
      trie->arena_bytes = std::max(trie->arena_bytes, variant.program->info().arena_bytes);
      for (const std::size_t bytes : variant.reserved_bytes)
        trie->big_outputs |= bytes > 0;
    }
  }
  return trie;
}

} // namespace jit
