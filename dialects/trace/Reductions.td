// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions over any axes, in the canonical order. Attribute `axis` is sorted and non-negative.
#ifndef TRACEJIT_DIALECTS_TRACE_REDUCTIONS
#define TRACEJIT_DIALECTS_TRACE_REDUCTIONS

include "dialects/trace/TraceBase.td"

class Reduction<string mnemonic, string rule> : TraceOp<mnemonic, "reduction"> {
  let typeRule = "custom";
  let types = All;
  let infer = rule;
  let arguments = (ins TensorOperand:$x, DenseI64ArrayAttr:$axis, BoolAttr:$keepdims);
  let samples = [Sample<["[5,7]"], "axis=[0] keepdims=false">, Sample<["[5,7]"], "axis=[1] keepdims=true">,
                 Sample<["[3,4,5]"], "axis=[0,2] keepdims=false">];
  let signature = "Tensor " # mnemonic # "(Operand x, Reduce options = {})";
}
class TypedReduction<string mnemonic> : Reduction<mnemonic, "infer_typed_reduction"> {
  let arguments = (ins TensorOperand:$x, DenseI64ArrayAttr:$axis, BoolAttr:$keepdims, DTypeAttr:$dtype);
  let samples = [Sample<["[5,7]"], "axis=[0] keepdims=false dtype=f32">,
                 Sample<["[5,7]"], "axis=[1] keepdims=true dtype=f64">,
                 Sample<["[3,4,5]"], "axis=[0,2] keepdims=false dtype=f32">];
}

def SumOp : TypedReduction<"sum"> {
  let doc = "Sum over the axes, elements converted to the result dtype first: i64 for bool and integers unless\n"
            "given. An empty sum is 0.";
}
def ProdOp : TypedReduction<"prod"> {
  let doc = "Product over the axes, elements converted to the result dtype first: i64 for bool and integers unless\n"
            "given. An empty product is 1.";
}
def MeanOp : TypedReduction<"mean"> {
  let doc = "Sum divided by the number of elements; integers as f32. The mean of nothing is NaN.";
}
def MaxOp : Reduction<"max", "infer_extremum"> {
  let doc = "Largest element; NaN wins and -0 < +0. An error over no elements.";
}
def MinOp : Reduction<"min", "infer_extremum"> {
  let doc = "Smallest element; NaN wins and -0 < +0. An error over no elements.";
}
def AnyOp : Reduction<"any", "infer_truth"> {
  let doc = "Whether an element is true (not 0; NaN is true); false over no elements.";
}
def AllOp : Reduction<"all", "infer_truth"> {
  let doc = "Whether every element is true (not 0; NaN is true); true over no elements.";
}
def ArgmaxOp : Reduction<"argmax", "infer_argmax"> {
  let doc = "Index (i64) of the first largest element, the first NaN if there is one; over several axes the index\n"
            "into their row-major order. An error over no elements.";
}
def ArgminOp : Reduction<"argmin", "infer_argmax"> {
  let doc = "Index (i64) of the first smallest element, the first NaN if there is one; over several axes the index\n"
            "into their row-major order. An error over no elements.";
}
def VarMeanOp : Reduction<"var_mean", "infer_var_mean"> {
  let doc = "Variance and mean in one pass: squared distances from the mean divided by max(n - correction, 0).";
  let typeRule = "floating";
  let types = Floats;
  let arguments = (ins TensorOperand:$x, DenseI64ArrayAttr:$axis, BoolAttr:$keepdims, I64Attr:$correction);
  let results = (outs Result:$var, Result:$mean);
  let ulp = 4;
  let samples = [Sample<["[5,7]"], "axis=[0] keepdims=false correction=0">,
                 Sample<["[5,7]"], "axis=[1] keepdims=true correction=1">];
  let signature = "std::pair<Tensor, Tensor> var_mean(Operand x, Variance options = {})";
}
def : Composite<"Tensor std(Operand x, Variance options = {})",
                "Square root of var; its gradient is 0 where it is 0.">;
def : Composite<"Tensor count_nonzero(Operand x, Reduce options = {})", "How many elements are not 0; NaN is not.">;
def : Composite<"Tensor median(Operand x, Reduce options = {})",
                "The middle of the sorted elements, or the mean of the middle two; NaN if there is one. Integers as f32.\n"
                "An error over no elements.">;
def : Composite<"Tensor quantile(Operand x, Operand q, Reduce options = {})",
                "The element at place q (n - 1) of the sorted ones, between two by linear interpolation; NaN if there is a\n"
                "NaN. q is a number in [0, 1]. Integers as f32. An error over no elements.">;
def : Composite<"Tensor var(Operand x, Variance options = {})", "Variance: the first result of var_mean.">;

#endif // TRACEJIT_DIALECTS_TRACE_REDUCTIONS
