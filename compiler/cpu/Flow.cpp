// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Control flow; loops test at the end, behind a test at the start unless it is known to pass.
#include "compiler/cpu/Flow.h"

namespace jit::ir {

void when(llvm::IRBuilder<> &b, llvm::Value *condition, Values &carried,
          llvm::function_ref<void()> body) {
  if (auto *known = llvm::dyn_cast<llvm::ConstantInt>(condition)) {
    if (known->isOne())
      body();
    return;
  }
  llvm::Function *function = b.GetInsertBlock()->getParent();
  auto *then = llvm::BasicBlock::Create(b.getContext(), "then", function);
  auto *done = llvm::BasicBlock::Create(b.getContext(), "done", function);
  llvm::BasicBlock *before = b.GetInsertBlock();
  Values unchanged = carried;
  b.CreateCondBr(condition, then, done);
  b.SetInsertPoint(then);
  body();
  llvm::BasicBlock *after = b.GetInsertBlock();
  b.CreateBr(done);
  b.SetInsertPoint(done);
  for (std::size_t k = 0; k < carried.size(); ++k) {
    llvm::PHINode *phi = b.CreatePHI(carried[k]->getType(), 2);
    phi->addIncoming(unchanged[k], before);
    phi->addIncoming(carried[k], after);
    carried[k] = phi;
  }
}

void loop(llvm::IRBuilder<> &b, llvm::Value *begin, llvm::Value *end, std::int64_t step,
          Values &carried, llvm::function_ref<void(llvm::Value *)> body) {
  when(b, b.CreateICmpSLT(begin, end), carried, [&] {
    llvm::BasicBlock *before = b.GetInsertBlock();
    auto *head = llvm::BasicBlock::Create(b.getContext(), "loop", before->getParent());
    b.CreateBr(head);
    b.SetInsertPoint(head);
    llvm::PHINode *i = b.CreatePHI(b.getInt64Ty(), 2);
    i->addIncoming(begin, before);
    llvm::SmallVector<llvm::PHINode *, 8> phis;
    for (llvm::Value *&value : carried) {
      llvm::PHINode *phi = b.CreatePHI(value->getType(), 2);
      phi->addIncoming(value, before);
      phis.push_back(phi);
      value = phi;
    }
    body(i);
    llvm::Value *next = b.CreateAdd(i, b.getInt64(static_cast<std::uint64_t>(step)));
    llvm::BasicBlock *latch = b.GetInsertBlock();
    i->addIncoming(next, latch);
    for (std::size_t k = 0; k < phis.size(); ++k)
      phis[k]->addIncoming(carried[k], latch);
    auto *exit = llvm::BasicBlock::Create(b.getContext(), "exit", before->getParent());
    b.CreateCondBr(b.CreateICmpSLT(next, end), head, exit);
    b.SetInsertPoint(exit);
  });
}

} // namespace jit::ir
