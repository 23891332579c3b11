// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers with gaps: to move an op is to give it a number between two others.
#include "passes/LaunchOrder.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallPtrSet.h>

namespace jit {

using mlir::Operation;

LaunchOrder::LaunchOrder(mlir::Block &block, Views &views) {
  for (Operation &op : block)
    if (!is_view(&op, views))
      places[&op] = order.insert(order.end(), {&op, 0});
  renumber();
}

void LaunchOrder::renumber() {
  std::uint64_t next = 0;
  for (Entry &entry : order)
    entry.number = next += std::uint64_t{1} << 32;
}

void LaunchOrder::replace(Operation *old, Operation *made) {
  const Place place = places.lookup(old);
  places.erase(old);
  place->op = made;
  places[made] = place;
}

void LaunchOrder::erase(Operation *op) {
  order.erase(places.lookup(op));
  places.erase(op);
}

void LaunchOrder::move_before(llvm::SmallVector<Operation *> ops, Operation *place) {
  llvm::sort(ops, [&](Operation *a, Operation *b) { return before(a, b); });
  const Place next = places.lookup(place);
  for (Operation *op : ops)
    order.splice(next, order, places.lookup(op));
  if (ops.empty())
    return;
  const Place first = places.lookup(ops.front());
  const std::uint64_t below = first == order.begin() ? 0 : std::prev(first)->number;
  const std::uint64_t step = (next->number - below) / (ops.size() + 1);
  if (step == 0)
    return renumber();
  std::uint64_t at = below;
  for (Operation *op : ops)
    places.lookup(op)->number = at += step;
}

// Views, and what needs no tensor.
static bool floats(Operation *op, Views &views) {
  return is_view(op, views) ||
         (op->getNumOperands() == 0 && !op->hasTrait<mlir::OpTrait::IsTerminator>());
}

void LaunchOrder::arrange(mlir::Block &block, Views &views) const {
  llvm::SmallPtrSet<Operation *, 32> placed;
  llvm::SmallVector<Operation *> work;
  const auto place = [&](Operation *op) {
    if (placed.insert(op).second)
      op->moveBefore(&block, block.end());
  };
  // Operands that float come first; not by recursion, since views may be a long chain.
  const auto place_with_operands = [&](Operation *op) {
    work.push_back(op);
    while (!work.empty()) {
      Operation *at = work.back();
      const std::size_t before = work.size();
      for (const mlir::Value operand : at->getOperands())
        if (Operation *maker = operand.getDefiningOp();
            maker && !placed.contains(maker) && floats(maker, views))
          work.push_back(maker);
      if (work.size() != before)
        continue;
      place(at);
      work.pop_back();
    }
  };
  llvm::SmallVector<Operation *> unread;
  for (Operation &op : block.without_terminator())
    unread.push_back(&op);
  Operation *end = block.getTerminator();
  for (const Entry &entry : order)
    if (entry.op != end && !floats(entry.op, views))
      place_with_operands(entry.op);
  place_with_operands(end);
  for (Operation *op : unread) // floating ones that nobody reads, if they were left in
    if (!placed.contains(op))
      place_with_operands(op);
  end->moveBefore(&block, block.end());
}

} // namespace jit
