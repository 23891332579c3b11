// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// trace-opt: mlir-opt for our dialects and passes. Developers and lit tests use it, users never do.
#include "compiler/Planner.h"
#include "compiler/cuda/text/Form.h"
#include "compiler/cuda/text/TextRules.h"
#include "compiler/nest/ReadKernel.h"
#include "passes/Passes.h"

#include <mlir/IR/BuiltinOps.h>
#include <mlir/Pass/PassRegistry.h>
#include <mlir/Tools/mlir-opt/MlirOptMain.h>

namespace {

/// Prints the plan of every program; its kernels stay in the module.
struct PrintPlan : mlir::PassWrapper<PrintPlan, mlir::OperationPass<mlir::ModuleOp>> {
  llvm::StringRef getArgument() const override { return "print-plan"; }
  llvm::StringRef getDescription() const override { return "Plan programs and print the plans"; }
  void runOnOperation() override {
    for (auto program : getOperation().getOps<jit::trace::FuncOp>())
      llvm::outs() << jit::to_string(jit::make_plan(program));
  }
};

/// Prints the kernels of the module as CUDA text, without the prelude.
struct EmitCuda : mlir::PassWrapper<EmitCuda, mlir::OperationPass<mlir::ModuleOp>> {
  EmitCuda() = default;
  EmitCuda(const EmitCuda &other) : PassWrapper(other) {}
  llvm::StringRef getArgument() const override { return "emit-cuda"; }
  llvm::StringRef getDescription() const override {
    return "Print kernels as CUDA text: --emit-cuda=sm_90";
  }
  Option<std::string> target{*this, "target", llvm::cl::desc("sm_NN, from sm_80 on")};

  void runOnOperation() override {
    unsigned number = 0;
    llvm::StringRef digits = target;
    if (!digits.consume_front("sm_") || digits.getAsInteger(10, number) || number < 80) {
      mlir::emitError(getOperation().getLoc(),
                      "--emit-cuda takes sm_80 and what came after it, not '")
          << target << "'";
      return signalPassFailure();
    }
    jit::gpu::ModuleText module;
    for (auto function : getOperation().getOps<jit::kernel::FuncOp>())
      if (const std::string failure = add(module, function); !failure.empty()) {
        mlir::emitError(function.getLoc(), function.getSymName()) << ": " << failure;
        signalPassFailure();
      }
    llvm::outs() << module.behind_prelude();
    if (const std::string wrong = jit::gpu::check_text(module.behind_prelude()); !wrong.empty()) {
      mlir::emitError(getOperation().getLoc(), "the text breaks a rule: ") << wrong;
      signalPassFailure();
    }
  }

  static std::string add(jit::gpu::ModuleText &module, jit::kernel::FuncOp function) {
    jit::nest::Nest nest;
    std::string failure = jit::nest::read_kernel(function, nest);
    return failure.empty() ? jit::gpu::add_kernel(module, nest).kernel.failure : failure;
  }
};

/// `--emit-cuda=sm_90` as the parser of passes wants it.
std::vector<std::string> with_option_names(int argc, char **argv) {
  std::vector<std::string> words(argv, argv + argc);
  for (std::string &word : words)
    if (constexpr std::string_view option = "--emit-cuda="; word.starts_with(option))
      word.insert(option.size(), "target=");
  return words;
}

} // namespace

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<jit::trace::TraceDialect, jit::kernel::KernelDialect>();
  jit::registerTracejitPasses();
  mlir::PassRegistration<PrintPlan>();
  mlir::PassRegistration<EmitCuda>();
  std::vector<std::string> words = with_option_names(argc, argv);
  std::vector<char *> pointers;
  for (std::string &word : words)
    pointers.push_back(word.data());
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, pointers.data(), "tracejit passes\n", registry));
}
