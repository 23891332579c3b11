// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Cursor.h"

#include <algorithm>

namespace jit {

void Cursor::end() noexcept {
  inputs.clear();
  scalars.clear();
  committed_inputs = committed_scalars = 0;
  bound_bytes = 0;
  trie = nullptr;
}

Path &Cursor::path_ahead() const noexcept {
  const TrieNode *at = &here();
  while (at->terminal == TrieNode::none)
    at = &trie->nodes[at->first_child];
  return *trie->terminals[at->terminal].path;
}

bool Cursor::inputs_too_big(std::size_t arena_bytes) noexcept {
  constexpr std::int64_t least = std::int64_t{64} << 20;
  const std::int64_t limit = std::max(least, static_cast<std::int64_t>(arena_bytes / 4));
  for (std::size_t k = committed_inputs; k < inputs.size(); ++k)
    bound_bytes += static_cast<std::int64_t>(inputs[k]->storage->bytes);
  if (bound_bytes <= limit)
    return false;
  // Only what nobody else holds counts: count again, exactly.
  bound_bytes = 0;
  for (std::size_t k = 0; k < committed_inputs; ++k)
    if (inputs[k]->refs.load(std::memory_order_acquire) == 1)
      bound_bytes += static_cast<std::int64_t>(inputs[k]->storage->bytes);
  return bound_bytes > limit;
}

void Cursor::list_nodes() noexcept {
  nodes.resize(here().depth);
  std::uint32_t at = node;
  for (std::size_t i = nodes.size(); i-- > 0; at = trie->nodes[at].parent)
    nodes[i] = at;
}

Graph Cursor::graph(const std::string &name) {
  list_nodes();
  Graph graph;
  graph.name = name;
  for (const Impl *input : inputs)
    graph.inputs.push_back(interned_twin(*input->meta)); // a node expects it
  for (const Scalar &scalar : scalars)
    graph.scalars.push_back(scalar.kind());
  graph.examples.assign(scalars.begin(), scalars.end());
  for (const std::uint32_t matched : nodes) {
    const TrieNode &entry = trie->nodes[matched];
    GraphOp op{entry.op, entry.attrs, {}, entry.first_value, entry.results, trie->sites[matched]};
    const std::span<const OperandCode> codes = trie->operands_of(entry);
    op.operands.assign(codes.begin(), codes.end());
    for (std::uint8_t r = 0; r < entry.results; ++r)
      graph.values.push_back({entry.result_metas[r], static_cast<std::uint32_t>(graph.ops.size()),
                              entry.view && r == 0});
    graph.ops.push_back(std::move(op));
  }
  return graph;
}

} // namespace jit
