// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every pass by its name, which also switches it off (CompileOptions::disabled_passes). The pipeline
// runs them in this order; lift, dissolve-joins and cut cannot be switched off.
#ifndef TRACEJIT_PASSES_TD
#define TRACEJIT_PASSES_TD

include "mlir/Pass/PassBase.td"

class TracePass<string name, string text> : Pass<name, "::jit::trace::FuncOp"> {
  let summary = text;
}

def Simplify : TracePass<"simplify", "Algebra that keeps every bit">;
def Fold : TracePass<"fold", "Run ops whose operands are known, by the eager kernels">;
def Cse : TracePass<"cse", "Share equal ops">;
def Dce : TracePass<"dce", "Drop ops whose results nobody uses">;
def LayoutPass : TracePass<"layout", "Cancel and sink transposes, drop views that change nothing">;
def ExpandRows : TracePass<"expand-rows", "Replace ops that have a body by it">;

// These also write kernels, beside the program.
class ModulePass<string name, string text> : Pass<name, "::mlir::ModuleOp"> {
  let summary = text;
  let dependentDialects = ["::jit::kernel::KernelDialect"];
}
def Lift : ModulePass<"lift", "Turn every op that can be one into a kernel of its own">;
def Fuse : ModulePass<"fuse", "Merge kernels">;
def DissolveJoins : ModulePass<"dissolve-joins", "Leave to the library what only copies parts">;
def Cut : ModulePass<"cut", "Make what follows a product an epilogue">;
def MergeAxes : ModulePass<"merge-axes", "Merge axes that every access walks as one">;
def Keep : ModulePass<"keep", "Keep costly values between passes over a row">;

#endif
