// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loop of a pass: loads, values, reductions and stores at every point.
#include "compiler/cpu/Lowering.h"

namespace jit::cpu {

/// What a pass does at some points. All loads come before the stores: an output may lie where an
/// input does.
void Lowering::emit_points(unsigned pass, llvm::ArrayRef<unsigned> effects,
                           llvm::ArrayRef<Chain *> chains, llvm::MutableArrayRef<Point> points) {
  ir::Values values;
  for (Point &at : points) {
    at.pass = pass;
    if (pass == 1)
      prefetch_next_row(at);
    for (unsigned effect : effects)
      values.push_back(nest.nodes[effect].kind == NodeKind::store
                           ? value(nest.nodes[effect].operands[0], at)
                           : value(effect, at));
    for (Chain *chain : chains)
      step(*chain, value(nest.nodes[chain->node].operands[0], at), at);
  }
  std::size_t k = 0;
  for (Point &at : points)
    for (unsigned effect : effects) {
      if (nest.nodes[effect].kind == NodeKind::store)
        store(effect, values[k], at);
      ++k;
    }
}

/// The halves of a whole block side by side: memory serves two streams sooner than one. Returns
/// where the rest of the unit begins.
llvm::Value *Lowering::emit_halves(llvm::Value *from, llvm::Value *to, unsigned pass,
                                   llvm::ArrayRef<unsigned> effects) {
  const bool always = schedule.lane_points % schedule.block == 0;
  llvm::Value *whole =
      always ? b.getTrue() : b.CreateICmpEQ(b.CreateSub(to, from), number(schedule.block));
  ir::Values rest{from};
  ir::when(b, whole, rest, [&] {
    const std::int64_t half = schedule.block / 2;
    ir::Values none;
    ir::loop(b, from, b.CreateAdd(from, number(half)), schedule.lanes, none, [&](llvm::Value *i) {
      Point points[2];
      points[0].index = i;
      points[1].index = b.CreateAdd(i, number(half));
      emit_points(pass, effects, {}, points);
    });
    rest[0] = to;
  });
  return always ? nullptr : rest[0];
}

/// The loop of one pass: first reductions of their own kind of loop, then all others together.
void Lowering::emit_rows(unsigned pass, llvm::ArrayRef<unsigned> roots) {
  llvm::SmallVector<Chain, 4> chains = chains_of(roots);
  llvm::SmallVector<unsigned, 4> effects; // stores and kept values
  for (unsigned root : roots)
    if (nest.nodes[root].kind != NodeKind::reduce)
      effects.push_back(root);
    else if (nest.nodes[root].reduction == ReduceKind::varmean)
      emit_varmean(root);
  if (chains.empty() && effects.empty())
    return;

  std::int64_t points = along() ? schedule.lane_points : nest.row_points();
  llvm::Value *from = along() ? lane_begin : number(0);
  llvm::Value *to = along() ? lane_end : number(points);
  llvm::SmallVector<Chain *, 4> together;
  for (Chain &chain : chains)
    together.push_back(&chain);
  if (schedule.halves)
    from = emit_halves(from, to, pass, effects);
  if (!from)
    return;
  ir::Values results = emit_chunks(from, to, points, together,
                                   [&](Point &at) { emit_points(pass, effects, together, at); });
  for (std::size_t k = 0; k < chains.size(); ++k)
    unit.values[chains[k].node] = results[k];
}

} // namespace jit::cpu
