// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Engine: LLVM modules become callable code. One engine belongs to the compile thread; the code it
// returns may be called and freed anywhere.
#pragma once

#include "runtime/kernels/Isa.h"

#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <string>
#include <vector>

namespace jit::cpu {

/// Mapped code of one program. Frees it when destroyed, on any thread; nobody may run it then.
class Code {
public:
  Code(std::shared_ptr<llvm::orc::LLJIT> jit, llvm::orc::JITDylib &library)
      : jit(std::move(jit)), library(library) {}
  ~Code();
  Code(const Code &) = delete;
  Code &operator=(const Code &) = delete;

  std::size_t bytes = 0;
  std::vector<void *> functions; ///< addresses, in the order they were asked for

private:
  std::shared_ptr<llvm::orc::LLJIT> jit;
  llvm::orc::JITDylib &library; ///< one a program: names may repeat, and all of it goes at once
};

class Engine {
public:
  /// Null and a message in `error` if LLVM cannot generate code for the machine.
  static std::unique_ptr<Engine> create(Isa isa, std::string &error);

  Isa isa() const { return level; }
  llvm::LLVMContext &context() { return ctx; }
  std::unique_ptr<llvm::Module> make_module(llvm::StringRef name);

  /// Compiles and maps the module; null and a message in `error` on failure. `symbols` are the
  /// functions wanted.
  std::unique_ptr<Code> compile(llvm::Module &module, const std::vector<std::string> &symbols,
                                std::string &error);
  /// Text of the machine code.
  std::string assembly(llvm::Module &module);

private:
  Engine() = default;
  bool emit(llvm::Module &module, llvm::CodeGenFileType type, llvm::SmallVectorImpl<char> &out);

  Isa level = Isa::v3;
  llvm::LLVMContext ctx;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::shared_ptr<llvm::orc::LLJIT> jit;
  std::shared_ptr<std::string> reports; ///< what the linker had to say, instead of on stderr
  unsigned modules = 0;
};

/// Attributes every generated function must carry.
void set_function_attributes(llvm::Function &function, Isa isa);

} // namespace jit::cpu
