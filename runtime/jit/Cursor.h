// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cursor: where a session is in a trie, and what its ops have bound on the way there.
#pragma once

#include "runtime/base/ReservedList.h"
#include "runtime/jit/Trie.h"
#include "runtime/tensor/Impl.h"

#include <cstdint>
#include <string>

namespace jit {

struct Cursor {
  const Trie *trie = nullptr;
  std::uint32_t node = 0;
  ReservedList<Impl *> inputs; ///< one reference each once committed
  ReservedList<Scalar> scalars;
  /// Of inputs and numbers, those of ops that were matched; behind them, of one that is looked at.
  std::size_t committed_inputs = 0;
  std::size_t committed_scalars = 0; ///< only while an op is looked at
  ReservedList<std::uint32_t> nodes; ///< the matched ones in order, when asked for

  bool make_room(const PathSize &most) noexcept {
    return inputs.reserve(most.inputs) && scalars.reserve(most.scalars) && nodes.reserve(most.ops);
  }
  void begin(const Trie &from) noexcept {
    trie = &from;
    node = 0;
  }
  /// The inputs' references have been given away.
  void end() noexcept;

  const TrieNode &here() const noexcept { return trie->nodes[node]; }
  /// The path that ends here, or null.
  const Terminal *terminal() const noexcept {
    return here().terminal == TrieNode::none ? nullptr : &trie->terminals[here().terminal];
  }
  /// Some path that goes on from here: what the segment was on the way to.
  Path &path_ahead() const noexcept;

  /// All numbers so far are those of ops that were matched.
  void begin_op() noexcept { committed_scalars = scalars.size(); }
  bool has_new_inputs() const noexcept { return committed_inputs != inputs.size(); }
  /// The op of this child of the node is matched.
  [[gnu::always_inline]] void advance(std::uint32_t child) noexcept {
    commit_inputs();
    node = child;
  }
  [[gnu::always_inline]] void commit_inputs() noexcept {
    const std::size_t bound = inputs.size();
    for (std::size_t k = committed_inputs; k < bound; ++k)
      retain(inputs[k]);
    committed_inputs = bound;
  }
  /// The same for a step, but for its inputs.
  [[gnu::always_inline]] void commit(const ExpectedStep &step) noexcept {
    scalars.resize(step.numbers);
    node = step.node;
  }
  /// Takes back what a child has bound that did not match to the end.
  void forget_uncommitted() noexcept {
    inputs.resize(committed_inputs);
    scalars.resize(committed_scalars);
  }
  /// Whether inputs that nobody else holds take too much memory, beside so much for temporaries.
  bool inputs_too_big(std::size_t arena_bytes) noexcept;

  void list_nodes() noexcept;
  /// What was matched, as a graph whose outputs are not known. Throws std::bad_alloc.
  Graph graph(const std::string &name);

private:
  std::int64_t bound_bytes = 0; ///< of inputs, at most
};

} // namespace jit
