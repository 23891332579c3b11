// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Partial results of chunks in memory: written by one loop, or by another thread, and combined in
// order.
#include "compiler/cpu/Lowering.h"

namespace jit::cpu {

llvm::Value *Lowering::part_place(DType dtype, llvm::Value *parts, llvm::Value *part) {
  return b.CreateGEP(element_type(dtype), parts, b.CreateMul(part, number(part_lanes())));
}

void Lowering::store_part(llvm::Value *x, DType dtype, llvm::Value *parts, llvm::Value *part) {
  llvm::Value *memory = narrow(x, dtype), *place = part_place(dtype, parts, part);
  if (along())
    b.CreateStore(b.CreateExtractElement(memory, std::uint64_t{0}), place);
  else
    store_vector(memory, place, nullptr, false);
}

llvm::SmallVector<llvm::Value *, 4> Lowering::shared_parts(llvm::ArrayRef<Chain> chains) {
  llvm::SmallVector<llvm::Value *, 4> places;
  for (const Chain &chain : chains)
    places.push_back(
        scratch(static_cast<std::size_t>(schedule.units * schedule.parts * part_lanes()) *
                itemsize(chain.dtype)));
  return places;
}

/// A unit of stage `parts`: the reductions of the first pass over one chunk of one row.
void Lowering::emit_parts() {
  llvm::SmallVector<Chain, 4> chains = chains_of(roots_of(0));
  llvm::SmallVector<Chain *, 4> together;
  for (Chain &chain : chains) {
    prepare(chain.node, 0);
    reset(chain);
    together.push_back(&chain);
  }
  std::int64_t points = nest.row_points(), chunk = chunk_points();
  llvm::Value *part = digits[nest.axes.size() + 1];
  llvm::Value *first = b.CreateMul(part, number(chunk));
  llvm::Value *full = b.CreateAdd(first, number(chunk));
  llvm::Value *end = b.CreateBinaryIntrinsic(llvm::Intrinsic::smin, full, number(points));
  llvm::Value *is_last = b.CreateICmpEQ(part, number(schedule.parts - 1));
  emit_chunk(first, end, is_last, points - (schedule.parts - 1) * chunk, together, [&](Point &at) {
    for (Chain &chain : chains)
      step(chain, value(nest.nodes[chain.node].operands[0], at), at);
  });
  for (std::size_t k = 0; k < chains.size(); ++k)
    store_part(finish(chains[k]), chains[k].dtype, shared[k], unit_number);
}

/// The same order over the parts, until one is left.
llvm::Value *Lowering::combine_parts(const Chain &chain, llvm::Value *parts, std::int64_t count) {
  Chain over = chain;
  llvm::Type *type = element_type(chain.dtype);
  // The walk has the extent of the parts, and is short: one copy of the body will do.
  Schedule whole = schedule;
  const Schedule::Loop loop_before = loop;
  schedule.lane_points = along() ? count : schedule.lane_points;
  loop = {true, 1, 1};
  ir::Values result = emit_chunks(number(0), number(count), count, {&over}, [&](Point &at) {
    llvm::Value *first = along() ? at.index : b.CreateMul(at.row, number(part_lanes()));
    llvm::Value *memory =
        load_vector(type, b.CreateGEP(type, parts, first), along() ? at.mask : nullptr);
    step(over, widen(memory, chain.dtype), at);
  });
  schedule = whole;
  loop = loop_before;
  return result[0];
}

} // namespace jit::cpu
