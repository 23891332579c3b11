// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers with gaps: to move an op is to give it a number between two others.
#include "passes/LaunchOrder.h"

#include <llvm/ADT/STLExtras.h>

namespace jit {

using mlir::Operation;

LaunchOrder::LaunchOrder(mlir::Block &block) {
  for (Operation &op : block)
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

} // namespace jit
