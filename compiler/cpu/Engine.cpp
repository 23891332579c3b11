// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Engine: code generation at level 1 by a target machine of our own, linking by ORC.
#include "compiler/cpu/Engine.h"

#include <llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/OptBisect.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Support/SmallVectorMemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>

#include <mutex>

namespace jit::cpu {
namespace {

// Exactly the psABI levels: the code must run wherever the eager kernels of that level run.
const char *cpu_name(Isa isa) { return isa == Isa::v4 ? "x86-64-v4" : "x86-64-v3"; }

void initialize_target() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
  });
}

std::unique_ptr<llvm::TargetMachine> make_machine(Isa isa, std::string &error) {
  llvm::Triple triple("x86_64-unknown-linux-gnu");
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  options.EnableFastISel = false;
  return std::unique_ptr<llvm::TargetMachine>(
      target->createTargetMachine(triple, cpu_name(isa), "", options, llvm::Reloc::PIC_,
                                  llvm::CodeModel::Small, llvm::CodeGenOptLevel::Less, true));
}

/// Strength reduction of loops takes a third of code generation, and leaves the addresses of our
/// loops as they are: one index that all share, unrolled by hand.
struct PassGate final : llvm::OptPassGate {
  bool shouldRunPass(llvm::StringRef pass, llvm::StringRef) const override {
    return pass != "Loop Strength Reduction";
  }
  bool isEnabled() const override { return true; }
};

std::size_t loaded_bytes(llvm::MemoryBufferRef object) {
  auto file = llvm::object::ObjectFile::createObjectFile(object);
  if (!file) {
    llvm::consumeError(file.takeError());
    return object.getBufferSize();
  }
  std::size_t bytes = 0;
  for (const llvm::object::SectionRef &section : (*file)->sections())
    if (section.isText() || section.isData())
      bytes += section.getSize();
  return bytes;
}

} // namespace

Code::~Code() { llvm::consumeError(jit->getExecutionSession().removeJITDylib(library)); }

std::unique_ptr<Engine> Engine::create(Isa isa, std::string &error) {
  initialize_target();
  std::unique_ptr<Engine> engine(new Engine);
  static PassGate gate;
  engine->ctx.setOptPassGate(gate);
  engine->level = isa;
  engine->machine = make_machine(isa, error);
  if (!engine->machine)
    return nullptr;
  // No symbol of the process is visible to generated code, and no platform runtime is set up.
  auto jit = llvm::orc::LLJITBuilder()
                 .setJITTargetMachineBuilder(
                     llvm::orc::JITTargetMachineBuilder(engine->machine->getTargetTriple()))
                 .setDataLayout(engine->machine->createDataLayout())
                 .setLinkProcessSymbolsByDefault(false)
                 .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                 .create();
  if (!jit) {
    error = llvm::toString(jit.takeError());
    return nullptr;
  }
  engine->jit = std::move(*jit);
  engine->reports = std::make_shared<std::string>();
  engine->jit->getExecutionSession().setErrorReporter(
      [reports = engine->reports](llvm::Error failure) {
        *reports += llvm::toString(std::move(failure)) + "; ";
      });
  return engine;
}

std::unique_ptr<llvm::Module> Engine::make_module(llvm::StringRef name) {
  auto module = std::make_unique<llvm::Module>(name, ctx);
  module->setTargetTriple(machine->getTargetTriple());
  module->setDataLayout(machine->createDataLayout());
  return module;
}

bool Engine::emit(llvm::Module &module, llvm::CodeGenFileType type,
                  llvm::SmallVectorImpl<char> &out) {
  llvm::raw_svector_ostream stream(out);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, stream, nullptr, type))
    return false;
  passes.run(module);
  return true;
}

std::unique_ptr<Code> Engine::compile(llvm::Module &module, const std::vector<std::string> &symbols,
                                      std::string &error) {
  llvm::SmallVector<char, 0> object;
  if (!emit(module, llvm::CodeGenFileType::ObjectFile, object)) {
    error = "the target cannot emit object code";
    return nullptr;
  }
  auto buffer =
      std::make_unique<llvm::SmallVectorMemoryBuffer>(std::move(object), "program", false);
  std::size_t bytes = loaded_bytes(buffer->getMemBufferRef());

  auto library = jit->createJITDylib("program" + std::to_string(modules++));
  if (!library) {
    error = llvm::toString(library.takeError());
    return nullptr;
  }
  auto code = std::make_unique<Code>(jit, *library);
  code->bytes = bytes;
  if (auto failure = jit->addObjectFile(*library, std::move(buffer))) {
    error = llvm::toString(std::move(failure));
    return nullptr;
  }
  for (const std::string &symbol : symbols) {
    auto address = jit->lookup(*library, symbol);
    if (!address) {
      error = *reports + llvm::toString(address.takeError());
      reports->clear();
      return nullptr;
    }
    code->functions.push_back(address->toPtr<void *>());
  }
  return code;
}

std::string Engine::assembly(llvm::Module &module) {
  llvm::SmallString<0> text;
  return emit(module, llvm::CodeGenFileType::AssemblyFile, text) ? std::string(text) : "";
}

void set_function_attributes(llvm::Function &function, Isa isa) {
  llvm::LLVMContext &ctx = function.getContext();
  // LLVM does not realign the stack for spills of whole vectors by itself; misaligned ones cost
  // up to 3.5x by chance of the address.
  function.addFnAttr(llvm::Attribute::getWithStackAlignment(ctx, llvm::Align(64)));
  function.addFnAttr("stackrealign");
  function.addFnAttr(llvm::Attribute::NoUnwind);
  function.addFnAttr("target-cpu", cpu_name(isa));
  if (isa == Isa::v4)
    function.addFnAttr("prefer-vector-width", "512");
}

} // namespace jit::cpu
