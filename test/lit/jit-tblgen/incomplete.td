// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An incomplete record ends the generator with its place; all of them are reported in one run.
// RUN: not jit-tblgen -gen-op-table -I %root -I %mlir_include %s 2>&1 | FileCheck %s --implicit-check-not=error:

include "dialects/trace/Elementwise.td"
include "dialects/trace/Reductions.td"

// CHECK: incomplete.td:[[#@LINE+1]]:5: error: op 'no_doc': field 'doc' is missing
def NoDocOp : Unary<"no_doc", "numeric">;

// CHECK: incomplete.td:[[#@LINE+1]]:5: error: op 'bare': field 'doc' is missing
def BareOp : TraceOp<"bare", "creation"> {
  // CHECK: error: op 'bare': field 'typeRule' is missing
  // CHECK: error: op 'bare': field 'infer' is missing
  // CHECK: error: op 'bare': field 'signature' is missing
  // CHECK: error: op 'bare': field 'types' is missing
  // CHECK: error: op 'bare': field 'samples' is missing
}

def NoSamplesOp : Unary<"no_samples", "numeric"> {
  let doc = "Has none.";
  // CHECK: incomplete.td:[[#@LINE+1]]:7: error: op 'no_samples': field 'samples' is missing
  let samples = [];
}

def NoScalarOp : Unary<"no_scalar", "numeric"> {
  let doc = "Elementwise without a function of one element.";
  // CHECK: incomplete.td:[[#@LINE+1]]:7: error: op 'no_scalar': field 'scalar' is for elementwise ops, and all of them
  let scalar = "none";
}

def BadArgumentOp : Unary<"bad_argument", "numeric"> {
  let doc = "Has an attribute of a kind that words cannot hold, and an operand after it.";
  let signature = "Tensor bad_argument(Operand x)";
  let samples = [Sample<["[2]", "[2]"], "a=1">];
  // CHECK: incomplete.td:[[#@LINE+2]]:7: error: op 'bad_argument': 'name' is a StrAttr, which is neither an operand nor an attribute of a known kind
  // CHECK: incomplete.td:[[#@LINE+1]]:7: error: op 'bad_argument': operand 'y' follows an attribute or a variadic operand
  let arguments = (ins AnyOperand:$x, StrAttr:$name, AnyOperand:$y);
}

// CHECK: incomplete.td:[[#@LINE+1]]:5: error: op 'no_signature': an op with attributes needs field 'signature'
def NoSignatureOp : Unary<"no_signature", "numeric"> {
  let doc = "Has an attribute, so the declaration cannot be derived.";
  let arguments = (ins AnyOperand:$x, I64Attr:$n);
}

def SampleOp : Unary<"bad_sample", "numeric"> {
  let doc = "The sample has an operand too many.";
  // CHECK: incomplete.td:[[#@LINE+1]]:7: error: op 'bad_sample': a sample has 2 operands, the op 1
  let samples = [Sample<["[2]", "[2]"]>];
}

// CHECK: incomplete.td:[[#@LINE+1]]:5: error: op 'unbounded': an elementwise op with an error needs field 'bounds', of f32 and of f64
def UnboundedOp : Unary<"unbounded", "floating"> {
  let doc = "Has an error, which no test asserts.";
  let ulp = 2;
}

def TooLooseOp : Function<"too_loose", "2.5", "1.0"> {
  let doc = "Tests would accept more than the op promises.";
  // CHECK: error: op 'too_loose': bound 2.5 is above the ulp of the op
}

def FourOp : Elementwise<"four", "numeric"> {
  let doc = "Kernels have room for three operands.";
  // CHECK: incomplete.td:[[#@LINE+1]]:7: error: op 'four': an op of family elementwise has at most 3 operands
  let arguments = (ins AnyOperand:$x, AnyOperand:$y, AnyOperand:$z, AnyOperand:$w);
  let samples = [Sample<["1", "2", "3", "4"]>];
}

// CHECK: incomplete.td:[[#@LINE+1]]:5: error: op 'exp' is declared twice
def TwiceOp : Unary<"exp", "floating"> {
  let doc = "The name is taken.";
}
