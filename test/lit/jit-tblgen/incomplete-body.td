// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bodies and index checks refer to what exists.
// RUN: not jit-tblgen -gen-op-table -I %root -I %mlir_include %s 2>&1 | FileCheck %s --implicit-check-not=error:

include "dialects/trace/Rows.td"
include "dialects/trace/Index.td"

// CHECK: incomplete-body.td:[[#@LINE+1]]:5: error: op 'no_body': field 'body' is for row ops, all of them, and for elementwise ones
def NoBodyOp : Row<"no_body", "infer_row"> {
  let doc = "A row op says what it computes.";
}

def UnknownNameOp : Row<"unknown_name", "infer_row"> {
  let doc = "Uses a name before its step.";
  // CHECK: incomplete-body.td:[[#@LINE+1]]:7: error: op 'unknown_name': the body uses $e, which is no operand and no earlier name
  let body = [Let<["y"], (MultiplyOp $x, $e)>, Let<["e"], (ExpOp $x)>];
}

def NotAnOpOp : Row<"not_an_op", "infer_row"> {
  let doc = "Has a step that is no op.";
  // CHECK: incomplete-body.td:[[#@LINE+1]]:7: error: op 'not_an_op': Float32 in the body is not an op
  let body = [Let<["y"], (Float32 $x)>];
}

def TooLongOp : Row<"too_long", "infer_row"> {
  let doc = "Plans have room for 16 steps.";
  // CHECK: incomplete-body.td:[[#@LINE+1]]:7: error: op 'too_long': the body has 18 steps, of which there may be 16
  let body = [Let<["a"], (NegativeOp (NegativeOp (NegativeOp (NegativeOp (NegativeOp (NegativeOp $x))))))>,
              Let<["b"], (NegativeOp (NegativeOp (NegativeOp (NegativeOp (NegativeOp (NegativeOp $a))))))>,
              Let<["c"], (NegativeOp (NegativeOp (NegativeOp (NegativeOp (NegativeOp (NegativeOp $b))))))>];
}

def CrowdedOp : Row<"crowded", "infer_row"> {
  let doc = "And for six operands.";
  // CHECK: incomplete-body.td:[[#@LINE+1]]:7: error: op 'crowded': an op of family row has at most 6 operands
  let arguments = (ins TensorOperand:$x, NumberOperand:$a, NumberOperand:$b, NumberOperand:$c,
                       NumberOperand:$d, NumberOperand:$e, NumberOperand:$f, I64Attr:$axis);
  let samples = [Sample<["[2,3]", "1", "2", "3", "4", "5", "6"], "axis=0">];
  let body = [Let<["y"], (MultiplyOp $x, $a)>];
}

def ReducingOp : Composed<"reducing"> {
  let doc = "An elementwise op does not look at other elements.";
  let arguments = (ins AnyOperand:$x);
  let samples = [Sample<["[2]"]>];
  // CHECK: incomplete-body.td:[[#@LINE+1]]:7: error: op 'reducing': max in the body is not elementwise
  let body = [Let<["y"], (SubtractOp $x, (MaxOp $x))>];
}

def CountedOp : Unary<"counted", "numeric"> {
  let doc = "The template is one of floats.";
  // CHECK: incomplete-body.td:[[#@LINE+1]]:7: error: op 'counted': an elementwise op with a body has type rule 'floating'
  let body = [Let<["y"], (AddOp $x, 1)>];
}

def UncheckedOp : Indexing<"unchecked"> {
  let doc = "Takes indices and never checks them.";
  let infer = "infer_take";
  let arguments = (ins TensorOperand:$x, IndexOperand:$index, I64Attr:$axis);
  let samples = [Sample<["[2]", "i64[2]"], "axis=0">];
  let signature = "none";
  // CHECK: incomplete-body.td:[[#@LINE+1]]:7: error: op 'unchecked': an op of family index needs field 'indexCheck'
  let indexCheck = [];
}

def WrongCheckOp : Indexing<"wrong_check"> {
  let doc = "Checks an operand it does not have.";
  let arguments = (ins TensorOperand:$x, IndexOperand:$index, I64Attr:$axis);
  let samples = [Sample<["[2]", "i64[2]"], "axis=0">];
  let signature = "none";
  // CHECK: incomplete-body.td:[[#@LINE+1]]:7: error: op 'wrong_check': the index check names 'indices', which is no operand
  let indexCheck = [InRange<"indices", "extent_at_axis">];
}
