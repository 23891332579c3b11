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
#include <optional>
#include <string>
#include <vector>

namespace jit::cpu {

class Engine {
public:
  /// For that level; without one for any x86-64, but for functions that say what they need. Null
  /// and a message in `error` if LLVM cannot generate code for the machine.
  static std::unique_ptr<Engine> create(std::optional<Isa> isa, std::string &error);

  Isa isa() const { return *level; }
  llvm::LLVMContext &context() { return ctx; }
  std::unique_ptr<llvm::Module> make_module(llvm::StringRef name);

  /// Machine code of the module, a blob for each of `kernels`, the names of its functions. An empty
  /// message, or why there is none.
  std::string compile(llvm::Module &module, llvm::ArrayRef<std::vector<std::string>> kernels,
                      std::vector<KernelBlob> &blobs);
  /// The module as an ELF object. An empty message, or why there is none.
  std::string object(llvm::Module &module, std::vector<char> &bytes);
  /// Text of the machine code.
  std::string assembly(llvm::Module &module);

private:
  Engine() = default;
  bool emit(llvm::Module &module, llvm::CodeGenFileType type, llvm::SmallVectorImpl<char> &out);

  std::optional<Isa> level;
  llvm::LLVMContext ctx;
  std::unique_ptr<llvm::TargetMachine> machine;
};

/// Attributes every generated function must carry.
void set_function_attributes(llvm::Function &function, Isa isa);

} // namespace jit::cpu
