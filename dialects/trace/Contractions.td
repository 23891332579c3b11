// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions, in the canonical order of their kind.
#ifndef TRACEJIT_DIALECTS_TRACE_CONTRACTIONS
#define TRACEJIT_DIALECTS_TRACE_CONTRACTIONS

include "dialects/trace/TraceBase.td"

class Contraction<string mnemonic, string rule> : TraceOp<mnemonic, "contraction"> {
  let typeRule = "numeric";
  let types = Numbers;
  let infer = rule;
  let arguments = (ins TensorOperand:$x, TensorOperand:$y);
}

def MatmulOp : Contraction<"matmul", "infer_matmul"> {
  let doc = "Matrix product over the last two axes; the others broadcast. A rank-1 operand is a row on the left, a\n"
            "column on the right, and its axis is dropped from the result; two of them are vecdot(x, y).";
  let samples = [Sample<["[5,7]", "[7,3]"]>, Sample<["[2,1,5,7]", "[3,7,4]"]>, Sample<["[5,7]", "[7]"]>,
                 Sample<["[7]", "[7,3]"]>];
  let signature = "Tensor matmul(Operand x, Operand y)";
}
def VecdotOp : Contraction<"vecdot", "infer_vecdot"> {
  let doc = "Sum of products along an axis; the other axes broadcast.";
  let samples = [Sample<["[7]", "[7]"]>, Sample<["[5,7]", "[7]"]>, Sample<["[3,1,7]", "[4,7]"]>];
  let signature = "Tensor vecdot(Operand x, Operand y, int axis = -1)";
}

#endif // TRACEJIT_DIALECTS_TRACE_CONTRACTIONS
