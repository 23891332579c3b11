// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scans along an axis, in the canonical order: serial in blocks of 256, whose results join one after
// another. `reverse`: from the last element to the first.
#ifndef TRACEJIT_DIALECTS_TRACE_SCANS
#define TRACEJIT_DIALECTS_TRACE_SCANS

include "dialects/trace/TraceBase.td"

class CumulativeScan<string mnemonic> : TraceOp<mnemonic, "scan"> {
  let typeRule = "custom";
  let types = All;
  let infer = "infer_cumulative";
  let arguments = (ins TensorOperand:$x, I64Attr:$axis, BoolAttr:$reverse, DTypeAttr:$dtype);
  let samples = [Sample<["[5,7]"], "axis=1 reverse=false dtype=f32">,
                 Sample<["[5,7]"], "axis=0 reverse=true dtype=f64">,
                 Sample<["[3,4,5]"], "axis=1 reverse=false dtype=f32">];
  let signature = "Tensor " # mnemonic # "(Operand x, Scan options = {})";
}

def CumulativeSumOp : CumulativeScan<"cumulative_sum"> {
  let doc = "Sums of the elements up to each, along an axis; a tensor of one axis needs no axis given. Elements are\n"
            "converted to the result dtype first: i64 for bool and integers unless given. `include_initial` puts a 0\n"
            "in front.";
}
def CumulativeProdOp : CumulativeScan<"cumulative_prod"> {
  let doc = "Products of the elements up to each, as cumulative_sum; `include_initial` puts a 1 in front.";
}
def LinearScanOp : TraceOp<"linear_scan", "scan"> {
  let doc = "y[i] = a[i] * y[i - 1] + b[i] along an axis, y[0] = b[0]; a and b of one shape, floats. From behind with\n"
            "`reverse`: y[i] = a[i] * y[i + 1] + b[i].";
  let typeRule = "floating";
  let types = Floats;
  let infer = "infer_linear_scan";
  let arguments = (ins TensorOperand:$a, TensorOperand:$b, I64Attr:$axis, BoolAttr:$reverse);
  let samples = [Sample<["[5,7]", "[5,7]"], "axis=1 reverse=false">,
                 Sample<["[5,7]", "[5,7]"], "axis=0 reverse=true">];
  let signature = "Tensor linear_scan(Operand a, Operand b, int axis = -1, bool reverse = false)";
}

def : Composite<"Tensor diff(Operand x, int axis = -1)",
                "Differences of neighbours along an axis, whose extent is one less; of masks where they differ.">;

#endif // TRACEJIT_DIALECTS_TRACE_SCANS
