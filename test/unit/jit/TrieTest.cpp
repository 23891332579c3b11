// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the known paths of an anchor look like as a trie.
#include "runtime/jit/Trie.h"
#include "runtime/jit/Sequence.h"

#include <gtest/gtest.h>
#include <initializer_list>

namespace jit {
namespace {

/// x is input 0; every op has the value before it, or x, as its only operand.
std::shared_ptr<Path> path_of(std::initializer_list<OpKind> ops) {
  auto path = std::make_shared<Path>();
  const Meta *meta = intern_contiguous(DType::f32, DimList{3});
  path->graph.inputs = {meta};
  for (const OpKind op : ops) {
    const auto number = static_cast<std::uint32_t>(path->graph.ops.size());
    const OperandCode operand =
        number ? OperandCode(OperandCode::value, number - 1) : OperandCode(OperandCode::input, 0);
    path->graph.values.push_back({meta, number, false});
    path->graph.ops.push_back({op, nullptr, {operand}, number, 1, {}});
    path->sequence = sequence::op(path->sequence, path->graph, path->graph.ops.back());
  }
  return path;
}

using Paths = std::vector<std::shared_ptr<Path>>;
constexpr OpKind a = OpKind::exp, b = OpKind::tanh, c = OpKind::sqrt, d = OpKind::erf;

/// The nodes that an op sequence leads to; shorter if it leaves the trie.
std::vector<const TrieNode *> walk(const Trie &trie, std::initializer_list<OpKind> ops) {
  std::vector<const TrieNode *> nodes;
  std::uint32_t at = 0;
  for (const OpKind op : ops) {
    std::uint32_t child = trie.nodes[at].first_child;
    while (child != TrieNode::none && trie.nodes[child].op != op)
      child = trie.nodes[child].next_sibling;
    if (child == TrieNode::none)
      break;
    nodes.push_back(&trie.nodes[child]);
    at = child;
  }
  return nodes;
}

TEST(Trie, SettledPathsAreOneNodePastWhatTheyShare) {
  const auto trie = build_trie(Paths{path_of({a, b, c})}, Paths{path_of({a, b, d, a, b, c, d})});
  EXPECT_EQ(trie->nodes.size(), 1u + 3 + 1);
  const auto settled = walk(*trie, {a, b, d});
  ASSERT_EQ(settled.size(), 3u);
  EXPECT_FALSE(settled[1]->settled);
  EXPECT_TRUE(settled[2]->settled);
  EXPECT_FALSE(settled[2]->plain); // no quick way past it
  EXPECT_EQ(settled[2]->first_child, TrieNode::none);
  EXPECT_EQ(trie->most.ops, 3u); // sessions match no op of it
}

TEST(Trie, ASettledPathThatIsABeginningIsATerminalWithoutPrograms) {
  const Paths settled{path_of({a, b})};
  const auto trie = build_trie(Paths{path_of({a, b, c})}, settled);
  const auto nodes = walk(*trie, {a, b});
  ASSERT_EQ(nodes.size(), 2u);
  ASSERT_NE(nodes[1]->terminal, TrieNode::none);
  EXPECT_EQ(trie->terminals[nodes[1]->terminal].path, settled[0]);
  EXPECT_TRUE(trie->terminals[nodes[1]->terminal].variants.empty());
}

TEST(Trie, RoomIsMadeForInputsThatOnlyASettledOpBinds) {
  auto settled = path_of({a, b});
  settled->graph.inputs.push_back(settled->graph.inputs[0]);
  settled->graph.ops[1].operands.push_back({OperandCode::input, 1});
  settled->graph.scalars.push_back(ScalarKind::floating);
  settled->graph.ops[1].operands.push_back({OperandCode::scalar, 0});
  const auto trie = build_trie(Paths{path_of({a, c})}, Paths{settled});
  EXPECT_EQ(trie->most.inputs, 2u);
  EXPECT_EQ(trie->most.scalars, 1u);
}

TEST(Trie, NodesCarryTheHashThatFollowingGives) {
  const Paths programs{path_of({a, b, c}), path_of({a, d})};
  const auto trie = build_trie(programs, {});
  const auto hash_at = [&](std::initializer_list<OpKind> ops) {
    return trie->sequences[static_cast<std::size_t>(walk(*trie, ops).back() - trie->nodes.data())];
  };
  EXPECT_EQ(hash_at({a, b, c}), programs[0]->sequence);
  EXPECT_EQ(hash_at({a, d}), programs[1]->sequence);
  EXPECT_NE(programs[0]->sequence, programs[1]->sequence);
}

TEST(Trie, StepsAreOfOpsThatBindNoInput) {
  const Paths programs{path_of({a, b, c})}, settled{path_of({a, b, d})};
  const auto trie = build_trie(programs, settled);
  const auto nodes = walk(*trie, {a, b, c});
  ASSERT_EQ(nodes.size(), 3u);
  const auto step_of = [&](const TrieNode *node) -> const ExpectedStep & {
    return trie->steps[static_cast<std::size_t>(node - trie->nodes.data())];
  };
  EXPECT_EQ(step_of(nodes[0]).op, ExpectedStep::no_op);
  EXPECT_EQ(trie->steps[0].next, &step_of(nodes[0]));
  const ExpectedStep &second = step_of(nodes[1]), &third = step_of(nodes[2]);
  EXPECT_EQ(step_of(nodes[0]).next, &second);
  EXPECT_EQ(second.op, b);
  EXPECT_EQ(second.value, 1u);
  EXPECT_EQ(second.meta, nodes[1]->result_metas[0]);
  EXPECT_EQ(second.next, &third);
  EXPECT_EQ(third.op, c);
  EXPECT_EQ(third.next, &no_step);
  const TrieNode *leaving = walk(*trie, {a, b, d}).back();
  ASSERT_TRUE(leaving->settled);
  EXPECT_EQ(step_of(leaving).op, ExpectedStep::no_op);
}

TEST(Trie, DecidingNodesAreWhereOneChainIsLeft) {
  const auto deciding = [](const Trie &trie, std::initializer_list<OpKind> ops) {
    std::vector<bool> found;
    for (const TrieNode *node : walk(trie, ops))
      found.push_back(trie.deciding[static_cast<std::size_t>(node - trie.nodes.data())]);
    return found;
  };
  using Flags = std::vector<bool>;
  const auto alone = build_trie(Paths{path_of({a, b, c})}, {});
  EXPECT_EQ(deciding(*alone, {a, b, c}), Flags({true, false, false}));
  const auto two = build_trie(Paths{path_of({a, b, c}), path_of({a, d})}, {});
  EXPECT_EQ(deciding(*two, {a, b, c}), Flags({false, true, false}));
  EXPECT_EQ(deciding(*two, {a, d}), Flags({false, true}));
  // A path and the beginning of it cannot be told apart by one more op: the hash will do it.
  const auto chain = build_trie(Paths{path_of({a, b}), path_of({a, b, c})}, {});
  EXPECT_EQ(deciding(*chain, {a, b, c}), Flags({true, false, false}));
  // A settled path parts as any other.
  const auto settled = build_trie(Paths{path_of({a, b, c})}, Paths{path_of({a, d, d})});
  EXPECT_EQ(deciding(*settled, {a, b, c}), Flags({false, true, false}));
}

} // namespace
} // namespace jit
