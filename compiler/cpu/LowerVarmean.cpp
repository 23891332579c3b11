// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Variance and mean in one reduction: two passes over each chunk while it is in cache, then the
// chunks join in order (docs/numerics.md, section 3).
#include "compiler/cpu/Element.h"
#include "compiler/cpu/Lowering.h"
#include "runtime/scalar/Orders.h"

#include <algorithm>

namespace jit::cpu {

/// A scalar f64 as lanes of the dtype, rounded once.
llvm::Value *Lowering::rounded(llvm::Value *x, DType dtype) {
  return e.splat(dtype == DType::f64 ? x : b.CreateFPTrunc(x, element_type(dtype)));
}

llvm::Value *Lowering::splat_count(double count, DType dtype) {
  return rounded(llvm::ConstantFP::get(b.getDoubleTy(), count), dtype);
}

/// Mean of a chunk and the sum of squared distances from it.
Lowering::Moments Lowering::chunk_moments(unsigned node, llvm::Value *first, llvm::Value *end,
                                          llvm::Value *is_last, std::int64_t last) {
  const unsigned operand = nest.nodes[node].operands[0];
  const DType dtype = nest.nodes[operand].dtype;
  const unsigned pass = nest.nodes[node].pass - 1;
  auto walk = [&](Chain &chain) {
    emit_chunk(first, end, is_last, last, {&chain}, [&](Point &at) {
      at.pass = pass;
      step(chain, value(operand, at), at);
    });
    return finish(chain);
  };
  Chain sum{node, ReduceKind::sum, dtype, {}, nullptr};
  llvm::Value *total = walk(sum);
  llvm::Value *count = splat_count(static_cast<double>(last), dtype);
  if (is_last)
    count = b.CreateSelect(is_last, count, splat_count(static_cast<double>(chunk_points()), dtype));
  llvm::Value *mean = b.CreateFDiv(total, count);
  Chain squares{node, ReduceKind::varmean, dtype, {}, mean};
  return {mean, walk(squares)};
}

/// Joins the moments of chunk `part` to those of all points before it.
Lowering::Moments Lowering::join_moments(Moments a, Moments c, llvm::Value *part,
                                         llvm::Value *is_last, std::int64_t last, DType dtype) {
  auto real = [&](std::int64_t x) {
    return llvm::ConstantFP::get(b.getDoubleTy(), static_cast<double>(x));
  };
  llvm::Value *before = b.CreateSIToFP(b.CreateMul(part, number(chunk_points())), b.getDoubleTy());
  llvm::Value *here = b.CreateSelect(is_last, real(last), real(chunk_points()));
  using Count = ir::Emitter::F64; // scalars: arithmetic takes any number of lanes
  const auto weights = scalar::join_weights(e, Count{before}, Count{here});
  llvm::Value *shift = rounded(weights.shift.v, dtype), *spread = rounded(weights.spread.v, dtype);
  const Moments all = with_lanes(dtype, [&]<class V>(V) {
    const auto moments = [](Moments x) { return scalar::MomentsOf<V>{{x.mean}, {x.squares}}; };
    const auto joined = scalar::join_moments(e, moments(a), moments(c), V{shift}, V{spread});
    return Moments{joined.mean.v, joined.squares.v};
  });
  llvm::Value *is_first = b.CreateICmpEQ(part, number(0));
  return {b.CreateSelect(is_first, c.mean, all.mean),
          b.CreateSelect(is_first, c.squares, all.squares)};
}

void Lowering::emit_varmean(unsigned node) {
  const Node &n = nest.nodes[node];
  const DType dtype = nest.nodes[n.operands[0]].dtype;
  const std::int64_t points = nest.row_points(), chunk = chunk_points();
  const std::int64_t count = (points + chunk - 1) / chunk, last = points - (count - 1) * chunk;
  Moments moments;
  if (count == 1) {
    moments = chunk_moments(node, number(0), number(points), nullptr, last);
  } else {
    llvm::Value *none = llvm::Constant::getNullValue(vector_type(dtype));
    ir::Values carried{none, none};
    ir::loop(b, number(0), number(count), 1, carried, [&](llvm::Value *part) {
      llvm::Value *first = b.CreateMul(part, number(chunk));
      llvm::Value *full = b.CreateAdd(first, number(chunk));
      llvm::Value *end = b.CreateBinaryIntrinsic(llvm::Intrinsic::smin, full, number(points));
      llvm::Value *is_last = b.CreateICmpEQ(part, number(count - 1));
      Moments here = chunk_moments(node, first, end, is_last, last);
      Moments joined = join_moments({carried[0], carried[1]}, here, part, is_last, last, dtype);
      carried = {joined.mean, joined.squares};
    });
    moments = {carried[0], carried[1]};
  }
  double divisor = std::max(static_cast<double>(points - n.correction), 0.0);
  unit.values[node] = b.CreateFDiv(moments.squares, splat_count(divisor, dtype));
  for (unsigned other = node + 1; other < nest.nodes.size(); ++other)
    if (nest.nodes[other].kind == NodeKind::second && nest.nodes[other].operands[0] == node)
      unit.values[other] = moments.mean;
}

} // namespace jit::cpu
