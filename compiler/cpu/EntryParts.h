// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the code around kernels is made of.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <cstdint>

namespace jit::cpu {

/// What a file needs once, however many functions it has.
struct EntryParts {
  explicit EntryParts(llvm::Module &module);
  llvm::Function *function(llvm::Type *result, llvm::ArrayRef<llvm::Type *> types,
                           const llvm::Twine &name);
  /// A function of libtracejit-rt.
  llvm::Function *from_rt(llvm::StringRef name, llvm::Type *result,
                          llvm::ArrayRef<llvm::Type *> types);
  llvm::GlobalVariable *words(llvm::ArrayRef<std::int64_t> values);
  llvm::GlobalVariable *bytes(llvm::ArrayRef<std::uint8_t> values, llvm::Align alignment);

  llvm::Module &module;
  llvm::Type *pointer, *i64, *i32, *none;
};

/// The floating-point environment of a function's caller is put aside for ours, and back.
class EnvironmentCode {
public:
  explicit EnvironmentCode(llvm::IRBuilder<> &b);
  void restore(llvm::IRBuilder<> &b) const;

private:
  llvm::Value *saved, *differs;
};

} // namespace jit::cpu
