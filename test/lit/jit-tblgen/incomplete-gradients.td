// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An op without a gradient, and gradients that do not fit their op, are errors with their place.
// RUN: not jit-tblgen -gen-gradients -I %root -I %mlir_include %s 2>&1 | FileCheck %s --implicit-check-not=error:

include "dialects/trace/GradientBase.td"
include "dialects/trace/Gradients.td"

// CHECK: incomplete-gradients.td:[[#@LINE+1]]:1: error: op 'exp' has two gradients
def : NoGradient<ExpOp>;

// CHECK: incomplete-gradients.td:[[#@LINE+1]]:5: error: op 'forgotten' has no gradient: give it a Gradient, a CustomGradient or NoGradient
def ForgottenOp : Unary<"forgotten", "floating"> {
  let doc = "Differentiable, but nobody said how.";
}

class Two<string mnemonic> : Binary<mnemonic, "numeric"> {
  let doc = "Has two operands.";
}
def HalfOp : Two<"half">;
// CHECK: incomplete-gradients.td:[[#@LINE+1]]:1: error: gradient of op 'half': operand 'y' has no rule
def : Gradient<HalfOp, [For<"x", (Same $dy)>]>;

def StrangeOp : Two<"strange">;
// CHECK: incomplete-gradients.td:[[#@LINE+4]]:1: error: gradient of op 'strange': the rule uses $z, which is no operand, no result and not $dy
// CHECK: incomplete-gradients.td:[[#@LINE+3]]:1: error: gradient of op 'strange': SumOp in the rule is no elementwise op
// CHECK: incomplete-gradients.td:[[#@LINE+2]]:1: error: gradient of op 'strange': operand 'y' has two rules
// CHECK: incomplete-gradients.td:[[#@LINE+1]]:1: error: gradient of op 'strange': 'w' is no operand
def : Gradient<StrangeOp, [For<"x", (MultiplyOp $dy, $z)>, For<"y", (SumOp $dy)>, Constant<"y">, Constant<"w">]>;

def NeedyOp : Two<"needy">;
// CHECK: incomplete-gradients.td:[[#@LINE+1]]:1: error: gradient of op 'needy': needs 'w', which is no operand and no result
def : CustomGradient<NeedyOp, "needy_gradient", [Needs<"x", ["y", "w"]>, Needs<"y">]>;

def IndexedOp : Indexing<"indexed"> {
  let doc = "Has an operand of integers.";
  let infer = "infer_take";
  let arguments = (ins TensorOperand:$x, IndexOperand:$index, I64Attr:$axis);
  let samples = [Sample<["[2]", "i64[2]"], "axis=0">];
  let signature = "none";
}
// CHECK: incomplete-gradients.td:[[#@LINE+1]]:1: error: gradient of op 'indexed': operand 'index' is never differentiated
def : CustomGradient<IndexedOp, "indexed_gradient", [Needs<"x">, Needs<"index">]>;
