// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Engine: code generation at level 1 by a target machine of our own.
#include "compiler/cpu/Engine.h"
#include "runtime/base/SafePoint.h"

#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/OptBisect.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>

#include <mutex>

namespace jit::cpu {
namespace {

// Exactly the psABI levels: the code must run wherever the eager kernels of that level run.
const char *cpu_name(std::optional<Isa> isa) {
  return !isa ? "x86-64" : isa == Isa::v4 ? "x86-64-v4" : "x86-64-v3";
}

void initialize_target() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser(); // of cpuid
  });
}

std::unique_ptr<llvm::TargetMachine> make_machine(std::optional<Isa> isa, std::string &error) {
  llvm::Triple triple("x86_64-unknown-linux-gnu");
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  options.EnableFastISel = false;
  options.FunctionSections = true; // so that kernels can be told apart in the object
  return std::unique_ptr<llvm::TargetMachine>(
      target->createTargetMachine(triple, cpu_name(isa), "", options, llvm::Reloc::PIC_,
                                  llvm::CodeModel::Small, llvm::CodeGenOptLevel::Less, true));
}

/// Strength reduction of loops takes a third of code generation, and leaves the addresses of our
/// loops as they are: one index that all share, unrolled by hand. The machine scheduler takes apart
/// what was interleaved to save registers: pow is 11 % slower with it, log, gelu and sin 3 to 12 %.
struct PassGate final : llvm::OptPassGate {
  bool shouldRunPass(llvm::StringRef pass, llvm::StringRef) const override {
    safe_point();
    return pass != "Loop Strength Reduction" && pass != "machine-scheduler";
  }
  bool isEnabled() const override { return true; }
};

} // namespace

std::unique_ptr<Engine> Engine::create(std::optional<Isa> isa, std::string &error) {
  initialize_target();
  std::unique_ptr<Engine> engine(new Engine);
  static PassGate gate;
  engine->ctx.setOptPassGate(gate);
  engine->level = isa;
  engine->machine = make_machine(isa, error);
  if (!engine->machine)
    return nullptr;
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

std::string Engine::compile(llvm::Module &module, llvm::ArrayRef<std::vector<std::string>> kernels,
                            std::vector<KernelBlob> &blobs) {
  llvm::SmallVector<char, 0> object;
  if (!emit(module, llvm::CodeGenFileType::ObjectFile, object))
    return "the target cannot emit object code";
  return cut_object({llvm::StringRef(object.data(), object.size()), "kernels"}, kernels, blobs);
}

std::string Engine::object(llvm::Module &module, std::vector<char> &bytes) {
  llvm::SmallVector<char, 0> object;
  if (!emit(module, llvm::CodeGenFileType::ObjectFile, object))
    return "the target cannot emit object code";
  bytes.assign(object.begin(), object.end());
  return "";
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
