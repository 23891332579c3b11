// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Engine: LLVM modules become machine code. One engine belongs to the compile thread; the code it
// returns may be called and freed anywhere.
#pragma once

#include "compiler/cpu/CutObject.h"
#include "runtime/kernels/Isa.h"

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <string>
#include <vector>

namespace jit::cpu {

class Engine {
public:
  /// Null and a message in `error` if LLVM cannot generate code for the machine.
  static std::unique_ptr<Engine> create(Isa isa, std::string &error);

  Isa isa() const { return level; }
  llvm::LLVMContext &context() { return ctx; }
  std::unique_ptr<llvm::Module> make_module(llvm::StringRef name);

  /// Machine code of the module, a blob for each of `kernels`, the names of its functions. An empty
  /// message, or why there is none.
  std::string compile(llvm::Module &module, llvm::ArrayRef<std::vector<std::string>> kernels,
                      std::vector<KernelBlob> &blobs);
  /// Text of the machine code.
  std::string assembly(llvm::Module &module);

private:
  Engine() = default;
  bool emit(llvm::Module &module, llvm::CodeGenFileType type, llvm::SmallVectorImpl<char> &out);

  Isa level = Isa::v3;
  llvm::LLVMContext ctx;
  std::unique_ptr<llvm::TargetMachine> machine;
};

/// Attributes every generated function must carry.
void set_function_attributes(llvm::Function &function, Isa isa);

} // namespace jit::cpu
