// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cpu/EntryParts.h"

#include "runtime/kernels/Mxcsr.h"

#include <llvm/IR/IntrinsicsX86.h>

namespace jit::cpu {

EntryParts::EntryParts(llvm::Module &module)
    : module(module), pointer(llvm::PointerType::get(module.getContext(), 0)),
      i64(llvm::Type::getInt64Ty(module.getContext())),
      i32(llvm::Type::getInt32Ty(module.getContext())),
      none(llvm::Type::getVoidTy(module.getContext())) {}

llvm::Function *EntryParts::function(llvm::Type *result, llvm::ArrayRef<llvm::Type *> types,
                                     const llvm::Twine &name) {
  auto *function = llvm::Function::Create(llvm::FunctionType::get(result, types, false),
                                          llvm::Function::InternalLinkage, name, module);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  llvm::BasicBlock::Create(module.getContext(), "entry", function);
  return function;
}

llvm::Function *EntryParts::from_rt(llvm::StringRef name, llvm::Type *result,
                                    llvm::ArrayRef<llvm::Type *> types) {
  if (llvm::Function *known = module.getFunction(name))
    return known;
  auto *function = llvm::Function::Create(llvm::FunctionType::get(result, types, false),
                                          llvm::Function::ExternalLinkage, name, module);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  function->setVisibility(llvm::GlobalValue::HiddenVisibility); // no procedure linkage table
  function->setDSOLocal(true);
  return function;
}

llvm::GlobalVariable *EntryParts::words(llvm::ArrayRef<std::int64_t> values) {
  auto *data = llvm::ConstantDataArray::get(
      module.getContext(),
      llvm::ArrayRef(reinterpret_cast<const std::uint64_t *>(values.data()), values.size()));
  return new llvm::GlobalVariable(module, data->getType(), true, llvm::GlobalValue::PrivateLinkage,
                                  data, "words");
}

llvm::GlobalVariable *EntryParts::bytes(llvm::ArrayRef<std::uint8_t> values,
                                        llvm::Align alignment) {
  auto *data = llvm::ConstantDataArray::get(module.getContext(), values);
  auto *global = new llvm::GlobalVariable(module, data->getType(), true,
                                          llvm::GlobalValue::PrivateLinkage, data, "constant");
  global->setAlignment(alignment);
  return global;
}

// As MxcsrGuard does it: without writes where nothing differs, and sticky flags do not count.
EnvironmentCode::EnvironmentCode(llvm::IRBuilder<> &b) {
  llvm::BasicBlock &top = b.GetInsertBlock()->getParent()->getEntryBlock();
  llvm::IRBuilder<> at_top(&top, top.begin());
  saved = at_top.CreateAlloca(b.getInt32Ty());
  llvm::Value *ours = at_top.CreateAlloca(b.getInt32Ty());
  b.CreateIntrinsic(llvm::Intrinsic::x86_sse_stmxcsr, {saved});
  llvm::Value *controls = b.CreateAnd(b.CreateLoad(b.getInt32Ty(), saved), 0xFFC0u);
  differs = b.CreateICmpNE(controls, b.getInt32(default_mxcsr));
  llvm::Function *function = b.GetInsertBlock()->getParent();
  auto *change = llvm::BasicBlock::Create(b.getContext(), "environment", function);
  auto *after = llvm::BasicBlock::Create(b.getContext(), "ours", function);
  b.CreateCondBr(differs, change, after);
  b.SetInsertPoint(change);
  b.CreateStore(b.getInt32(default_mxcsr), ours);
  b.CreateIntrinsic(llvm::Intrinsic::x86_sse_ldmxcsr, {ours});
  b.CreateBr(after);
  b.SetInsertPoint(after);
}

void EnvironmentCode::restore(llvm::IRBuilder<> &b) const {
  llvm::Function *function = b.GetInsertBlock()->getParent();
  auto *change = llvm::BasicBlock::Create(b.getContext(), "restore", function);
  auto *after = llvm::BasicBlock::Create(b.getContext(), "restored", function);
  b.CreateCondBr(differs, change, after);
  b.SetInsertPoint(change);
  b.CreateIntrinsic(llvm::Intrinsic::x86_sse_ldmxcsr, {saved});
  b.CreateBr(after);
  b.SetInsertPoint(after);
}

} // namespace jit::cpu
