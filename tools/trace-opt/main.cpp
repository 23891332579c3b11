// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// trace-opt: mlir-opt for our dialects and passes. Developers and lit tests use it, users never do.
#include "compiler/Planner.h"
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

} // namespace

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<jit::trace::TraceDialect, jit::kernel::KernelDialect>();
  jit::registerTracejitPasses();
  mlir::PassRegistration<PrintPlan>();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "tracejit passes\n", registry));
}
