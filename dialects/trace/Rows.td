// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Row ops: a fixed body over one axis. Fusion sees the body; eager kernels run it row by row.
// Reductions in a body are over the row axis and keep it.
#ifndef TRACEJIT_DIALECTS_TRACE_ROWS
#define TRACEJIT_DIALECTS_TRACE_ROWS

include "dialects/trace/Elementwise.td"
include "dialects/trace/Reductions.td"

class Row<string mnemonic, string rule> : TraceOp<mnemonic, "row"> {
  let typeRule = "floating";
  let types = Floats;
  let infer = rule;
  let arguments = (ins TensorOperand:$x, I64Attr:$axis);
  let ulp = 8;
  let samples = [Sample<["[5,7]"], "axis=1">, Sample<["[5,7]"], "axis=0">, Sample<["[3,4,5]"], "axis=1">];
  let signature = "Tensor " # mnemonic # "(Operand x, int axis = -1)";
}

def SoftmaxOp : Row<"softmax", "infer_row"> {
  let doc = "exp(x - max(x)) times 1 / sum of the same, along an axis.";
  let body = [Let<["e"], (ExpOp (SubtractOp $x, (MaxOp $x)))>,
              Let<["r"], (DivideOp 1, (SumOp $e))>,
              Let<["y"], (MultiplyOp $e, $r)>];
}
def LogSoftmaxOp : Row<"log_softmax", "infer_row"> {
  let doc = "(x - max(x)) - log(sum(exp(x - max(x)))) along an axis.";
  let body = [Let<["d"], (SubtractOp $x, (MaxOp $x))>,
              Let<["y"], (SubtractOp $d, (LogOp (SumOp (ExpOp $d))))>];
}
def LogsumexpOp : Row<"logsumexp", "infer_row_reduction"> {
  let doc = "max(x) + log(sum(exp(x - max(x)))) along an axis, which is dropped; max(x) if that is infinite.";
  let body = [Let<["m"], (MaxOp $x)>,
              Let<["s"], (AddOp $m, (LogOp (SumOp (ExpOp (SubtractOp $x, $m)))))>,
              Let<["y"], (WhereOp (EqualOp (AbsOp $m), "inf"), $m, $s)>];
}
def LayerNormOp : Row<"layer_norm", "infer_layer_norm"> {
  let doc = "((x - mean) * (1 / sqrt(var + eps))) * gamma + beta over the last axis, which gamma and beta have.";
  let arguments = (ins TensorOperand:$x, TensorOperand:$gamma, TensorOperand:$beta, NumberOperand:$eps,
                       I64Attr:$axis);
  let body = [Let<["var", "mean"], (VarMeanOp $x)>,
              Let<["r"], (DivideOp 1, (SqrtOp (AddOp $var, $eps)))>,
              Let<["n"], (MultiplyOp (SubtractOp $x, $mean), $r)>,
              Let<["y"], (AddOp (MultiplyOp $n, $gamma), $beta)>];
  let samples = [Sample<["[5,7]", "[7]", "[7]", "1e-5"], "axis=1">];
  let signature = "Tensor layer_norm(Operand x, Operand gamma, Operand beta, double eps = 1e-5)";
}
def : Composite<"Tensor logsumexp(Operand x, Axes axis, bool keepdims = false)", "The same over several axes.">;

#endif // TRACEJIT_DIALECTS_TRACE_ROWS
