// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fold: ops whose operands are known run now, by the eager kernels, so that the bits are theirs.
// Inputs and numbers of a program are never known; what folds is arange and what follows from it.
#include "passes/Passes.h"
#include "runtime/base/SafePoint.h"
#include "runtime/kernels/KernelCall.h"

#include <mlir/IR/Builders.h>

#include <cstdlib>
#include <memory>

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_FOLD
#include "passes/Passes.h.inc"

// Small enough for one thread: kernels take the pool only for more.
static constexpr std::size_t max_folded_bytes = 64 << 10;

static DenseElementsAttr known(Value value) {
  auto constant = value.getDefiningOp<trace::ConstantOp>();
  return constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
}

static bool foldable(Operation *op, const OpInfo &row) {
  if (row.family == Family::view || op->getNumResults() != 1 ||
      !llvm::all_of(op->getOperands(), known))
    return false;
  const auto fits = [](Type type) {
    const Meta &meta = *trace::meta_of(type);
    return meta.bytes() <= max_folded_bytes && meta.size > 0 && meta.dtype != DType::boolean;
  };
  return llvm::all_of(op->getOperandTypes(), fits) && llvm::all_of(op->getResultTypes(), fits);
}

static Attribute run(Operation *op, const OpInfo &row) {
  llvm::SmallVector<KernelOperand> operands;
  llvm::SmallVector<std::vector<char>> copies;
  for (const Value operand : op->getOperands()) {
    const DenseElementsAttr value = known(operand);
    const Meta *meta = trace::meta_of(operand.getType());
    const ArrayRef<char> raw = value.getRawData();
    std::vector<char> &bytes = copies.emplace_back(meta->bytes() + 64);
    for (std::size_t i = 0; i < meta->bytes(); ++i)
      bytes[i] = raw[value.isSplat() ? i % raw.size() : i];
    KernelOperand &described = operands.emplace_back();
    described.meta = meta;
    described.data = reinterpret_cast<const std::byte *>(copies.back().data());
  }
  const Meta *meta = trace::meta_of(op->getResult(0).getType());
  const std::size_t bytes = (meta->bytes() + 127) / 64 * 64;
  const std::unique_ptr<void, void (*)(void *)> memory(std::aligned_alloc(64, bytes), std::free);
  const KernelResult result{meta, static_cast<std::byte *>(memory.get())};
  const llvm::SmallVector<std::int64_t> words = trace::words_of(op, row);
  if (!memory || !run_kernel({row.kind, words, operands, {&result, 1}}))
    return {};
  return DenseElementsAttr::getFromRawBuffer(
      cast<RankedTensorType>(op->getResult(0).getType()),
      {static_cast<const char *>(memory.get()), meta->bytes()});
}

void fold(trace::FuncOp program) {
  for (Operation &op : llvm::make_early_inc_range(program.block().without_terminator())) {
    safe_point();
    const OpInfo *row = trace::table_row(&op);
    if (!row || !foldable(&op, *row))
      continue;
    const auto value = cast_or_null<ElementsAttr>(run(&op, *row));
    if (!value)
      continue;
    OpBuilder builder(&op);
    auto constant =
        trace::ConstantOp::create(builder, op.getLoc(), op.getResult(0).getType(), value);
    op.getResult(0).replaceAllUsesWith(constant);
    op.erase();
  }
}

namespace {
struct FoldPass : impl::FoldBase<FoldPass> {
  void runOnOperation() override { fold(getOperation()); }
};
} // namespace

} // namespace jit
