// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Trie: the known paths of one anchor merged by common prefix. An immutable snapshot: replaced
// as a whole, so that matching reads it without locks.
#pragma once

#include "runtime/jit/ExpectedStep.h"
#include "runtime/jit/Path.h"
#include "runtime/kernels/Execute.h"

#include <memory>
#include <span>
#include <vector>

namespace jit {

/// What a node expects of one operand.
struct ExpectedOperand {
  OperandCode code;
  ScalarKind kind;  ///< of a number
  DType range;      ///< that an integer as a number lies in; bool: any
  const Meta *meta; ///< of an input
};

/// One cache line: matching reads nothing else of a node. Plain are nodes with one result and no
/// index to check that are not settled; and not a first op without inputs, since memory for the
/// run is asked for with them.
struct alignas(64) TrieNode {
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  OpKind op;
  std::uint8_t operand_count;
  std::uint8_t results;
  bool checks_index;
  bool plain;   ///< matched without a second look
  bool view;    ///< result 0 shares operand 0's storage
  bool settled; ///< no program lies here or below: ops from here on run eagerly
  const Attr *attrs;
  std::uint32_t first_operand; ///< in Trie::codes
  std::uint32_t first_value;
  const Meta *result_metas[max_results];
  std::uint32_t parent = none;
  std::uint32_t depth = 0; ///< ops from the root to here
  std::uint32_t first_child = none;
  std::uint32_t next_sibling = none;
  std::uint32_t terminal = none; ///< in Trie::terminals
};
static_assert(sizeof(TrieNode) == 64);

/// Where a path ends. The path is shared with its anchor; the variants are this snapshot's own.
struct Terminal {
  std::shared_ptr<Path> path;
  std::vector<Variant> variants; ///< none: the path runs eagerly
};

struct PathSize {
  std::size_t ops = 0, values = 0, inputs = 0, scalars = 0;
  bool operator<=(const PathSize &other) const noexcept {
    return ops <= other.ops && values <= other.values && inputs <= other.inputs &&
           scalars <= other.scalars;
  }
};

/// Which variant of which terminal of a trie ran, as one word, and bit 16 + j for output j if it
/// could not take over an input that the plan has for it.
using RunGuess = std::uint64_t;
inline constexpr std::size_t max_guessed_outputs = 48;

struct Trie {
  std::vector<TrieNode> nodes;          ///< node 0 is the root and expects nothing
  std::vector<ExpectedStep> steps;      ///< by node, the same for the quick way
  std::vector<Site> sites;              ///< by node
  std::vector<std::uint64_t> sequences; ///< by node: of the ops up to it
  std::vector<DirectLoop> loops;        ///< by node: what runs it eagerly, where one loop does
  /// By node: the first from which every path is the beginning of the next longer one. Here a run
  /// is known well enough to be made an eager one for a trial.
  std::vector<bool> deciding;
  std::vector<OperandCode> codes;
  std::vector<ExpectedOperand> expected; ///< by place in `codes`, which it repeats
  std::vector<Terminal> terminals;
  std::size_t arena_bytes = 0; ///< temporaries of every program that may run
  bool big_outputs = false;    ///< a variant has outputs to be reserved
  PathSize most;               ///< that any path has

  std::span<const OperandCode> operands_of(const TrieNode &node) const noexcept {
    return {codes.data() + node.first_operand, node.operand_count};
  }
};

/// Merges the paths, those of `programs` first. Of a settled path only what it shares with them
/// becomes nodes, and the op by which it leaves them. Paths of one anchor number inputs, numbers
/// and values in order of use, so equal prefixes have equal codes.
std::unique_ptr<Trie> build_trie(std::span<const std::shared_ptr<Path>> programs,
                                 std::span<const std::shared_ptr<Path>> settled);

} // namespace jit
