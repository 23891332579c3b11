// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that copy elements to new places.
#ifndef TRACEJIT_DIALECTS_TRACE_MOVEMENT
#define TRACEJIT_DIALECTS_TRACE_MOVEMENT

include "dialects/trace/TraceBase.td"

def ConcatOp : TraceOp<"concat", "movement"> {
  let doc = "Joins tensors along an axis; the other extents are equal.";
  let typeRule = "numeric";
  let types = All;
  let infer = "infer_concat";
  let arguments = (ins Variadic<TensorOperand>:$xs, I64Attr:$axis);
  let samples = [Sample<["[2,3]", "[4,3]"], "axis=0">, Sample<["[2,3]", "[2,1]", "[2,2]"], "axis=1">];
  let signature = "Tensor concat(std::vector<Tensor> xs, int axis = 0)";
}
def SliceUpdateOp : TraceOp<"slice_update", "movement"> {
  let doc = "A copy of x in which the elements that slice reads with these starts and steps are those of y.";
  let typeRule = "custom";
  let types = All;
  let infer = "infer_slice_update";
  let updates = 1;
  let arguments = (ins TensorOperand:$x, TensorOperand:$y, Variadic<NumberOperand>:$starts, DenseI64ArrayAttr:$steps);
  let samples = [Sample<["[5,7]", "[2,3]", "1", "6"], "steps=[2,-3]">];
  let signature = "Tensor slice_update(Operand x, Operand y, DimList starts, DimList steps = {})";
}
def PadOp : TraceOp<"pad", "movement"> {
  let doc = "low[i] elements `value` in front of axis i, high[i] behind it, and interior[i] between its elements.";
  let typeRule = "custom";
  let types = All;
  let infer = "infer_pad";
  let arguments = (ins TensorOperand:$x, NumberOperand:$value, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high,
                       DenseI64ArrayAttr:$interior);
  let samples = [Sample<["[2,3]", "7"], "low=[1,0] high=[0,2] interior=[0,0]">,
                 Sample<["[2,3]", "0"], "low=[0,1] high=[1,0] interior=[2,1]">];
  let signature = "Tensor pad(Operand x, DimList low, DimList high, Operand value = 0, DimList interior = {})";
}
def FoldOp : TraceOp<"fold", "movement"> {
  let doc = "The elements of windows added up where they came from, in ascending order of their place in a window: what\n"
            "windows(y, axes, size, stride, dilation) of a tensor y with these extents along the axes reads. Its gradient,\n"
            "and overlapping parts joined.";
  let typeRule = "numeric";
  let types = Numbers;
  let infer = "infer_fold";
  let arguments = (ins TensorOperand:$x, DenseI64ArrayAttr:$axes, DenseI64ArrayAttr:$extents,
                       DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$dilation);
  let samples = [Sample<["[5,3,3]"], "axes=[1] extents=[7] stride=[2] dilation=[1]">,
                 Sample<["[2,3,2,2,3]"], "axes=[1,2] extents=[5,6] stride=[1,2] dilation=[2,1]">];
  let signature = "Tensor fold(Operand x, Axes axes, DimList extents, DimList stride = {}, DimList dilation = {})";
}
def : Composite<"Tensor stack(std::vector<Tensor> xs, int axis = 0)",
                "Joins tensors of one shape along a new axis.">;

def : Composite<"Tensor roll(Operand x, DimList shift, Axes axis = {})",
                "Elements move by `shift` places along an axis, those of the end to the beginning; along several axes by\n"
                "a shift each, or all by the same. Without axes those of x in row-major order.">;
def : Composite<"Tensor roll(Operand x, std::int64_t shift, Axes axis = {})", "The same, all by one shift.">;
def : Composite<"Tensor tile(Operand x, DimList repetitions)",
                "x beside itself, so many times along every axis; with more repetitions than axes, axes are added in front.">;
def : Composite<"Tensor repeat(Operand x, std::int64_t count, std::optional<int> axis = {})",
                "Every element along an axis `count` times; without an axis those of x in row-major order.">;
def : Composite<"Tensor pad_reflect(Operand x, DimList low, DimList high)",
                "As pad, with the elements mirrored at the first and the last, which are not repeated.">;
def : Composite<"Tensor pad_replicate(Operand x, DimList low, DimList high)", "As pad, with the first and the last element.">;
def : Composite<"Tensor pad_circular(Operand x, DimList low, DimList high)",
                "As pad, with the elements of the other end, as often as needed.">;
def : Composite<"Tensor diag(Operand x, std::int64_t k = 0)",
                "A matrix with x, of rank 1, on diagonal k and 0 elsewhere; of a matrix diagonal(x, k).">;
def : Composite<"Tensor tril(Operand x, std::int64_t k = 0)",
                "x with 0 where column - row > k, of the last two axes.">;
def : Composite<"Tensor triu(Operand x, std::int64_t k = 0)",
                "x with 0 where column - row < k, of the last two axes.">;

#endif // TRACEJIT_DIALECTS_TRACE_MOVEMENT
