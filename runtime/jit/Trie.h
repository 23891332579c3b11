// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Trie: the compiled paths of one anchor merged by common prefix. An immutable snapshot: replaced
// as a whole, so that matching reads it without locks.
#pragma once

#include "runtime/jit/Path.h"

#include <memory>
#include <span>
#include <vector>

namespace jit {

/// What a node expects of one operand, next to its code.
struct ExpectedOperand {
  ScalarKind kind;  ///< of a number
  const Meta *meta; ///< of an input
};

struct TrieNode {
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  OpKind op;
  std::uint8_t operand_count;
  std::uint8_t results;
  bool checks_index;
  bool view; ///< result 0 shares operand 0's storage
  const Attr *attrs;
  std::uint32_t first_operand; ///< in Trie::codes
  std::uint32_t first_value;
  const Meta *result_metas[max_results];
  std::uint32_t first_child = none;
  std::uint32_t next_sibling = none;
  std::uint32_t terminal = none; ///< in Trie::terminals
  Site site;
};

/// Where a path ends. The path is shared with its anchor; the variants are this snapshot's own.
struct Terminal {
  std::shared_ptr<Path> path;
  std::vector<Variant> variants;
};

struct Trie {
  std::vector<TrieNode> nodes; ///< node 0 is the root and expects nothing
  std::vector<OperandCode> codes;
  std::vector<ExpectedOperand> expected; ///< same places as `codes`
  std::vector<Terminal> terminals;
  std::size_t arena_bytes = 0; ///< temporaries of every program that may run

  std::span<const OperandCode> operands_of(const TrieNode &node) const noexcept {
    return {codes.data() + node.first_operand, node.operand_count};
  }
};

/// Merges the paths that have a program. Paths of one anchor number inputs, numbers and values in
/// order of use, so equal prefixes have equal codes.
std::unique_ptr<Trie> build_trie(std::span<const std::shared_ptr<Path>> paths);

} // namespace jit
