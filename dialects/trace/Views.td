// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Views: the result shares the storage of operand 0. Only strides and the offset change.
#ifndef TRACEJIT_DIALECTS_TRACE_VIEWS
#define TRACEJIT_DIALECTS_TRACE_VIEWS

include "dialects/trace/TraceBase.td"

class View<string mnemonic> : TraceOp<mnemonic, "view"> {
  let typeRule = "numeric";
  let types = All;
  let infer = "infer_" # mnemonic;
}

def ReshapeOp : View<"reshape"> {
  let doc = "The elements in row-major order under another shape. A view if the strides allow it, else a copy.\n"
            "One extent may be -1: it is computed.";
  let arguments = (ins TensorOperand:$x, DenseI64ArrayAttr:$shape);
  let samples = [Sample<["[4,6]"], "shape=[2,12]">, Sample<["[4,6]"], "shape=[24]">];
  let signature = "Tensor reshape(Operand x, DimList shape)";
}
def PermuteDimsOp : View<"permute_dims"> {
  let doc = "Axis i of the result is axis axes[i] of x.";
  let arguments = (ins TensorOperand:$x, DenseI64ArrayAttr:$axes);
  let samples = [Sample<["[4,6]"], "axes=[1,0]">, Sample<["[2,3,4]"], "axes=[2,0,1]">];
  let signature = "Tensor permute_dims(Operand x, Axes axes)";
}
def BroadcastToOp : View<"broadcast_to"> {
  let doc = "Repeats axes of extent 1, and adds axes in front, to reach a shape.";
  let arguments = (ins TensorOperand:$x, DenseI64ArrayAttr:$shape);
  let samples = [Sample<["[4,1]"], "shape=[3,4,5]">];
  let signature = "Tensor broadcast_to(Operand x, DimList shape)";
}
def ExpandDimsOp : View<"expand_dims"> {
  let doc = "Inserts an axis of extent 1 so that it is axis `axis` of the result.";
  let arguments = (ins TensorOperand:$x, I64Attr:$axis);
  let samples = [Sample<["[4,6]"], "axis=1">];
  let signature = "Tensor expand_dims(Operand x, int axis = 0)";
}
def SqueezeOp : View<"squeeze"> {
  let doc = "Drops axes of extent 1: those given, or all of them.";
  let arguments = (ins TensorOperand:$x, DenseI64ArrayAttr:$axis);
  let samples = [Sample<["[4,1,6]"], "axis=[1]">];
  let signature = "Tensor squeeze(Operand x, Axes axis = {})";
}
def SliceOp : View<"slice"> {
  let doc = "Per axis `extent` elements from `start` on, `step` apart; steps may be negative, never 0. Written\n"
            "x(slice(start, stop, step), ...).";
  let arguments = (ins TensorOperand:$x, Variadic<NumberOperand>:$starts, DenseI64ArrayAttr:$extents,
                       DenseI64ArrayAttr:$steps);
  let samples = [Sample<["[5,7]", "1", "6"], "extents=[2,3] steps=[2,-3]">];
  let signature = "none";
}
def WindowsOp : View<"windows"> {
  let doc = "Windows of `size` elements along the axes, which begin `stride` apart and whose elements lie `dilation` apart\n"
            "(1 each unless given): axis axes[i] counts windows, the last axes, one for each of `axes`, their elements. A\n"
            "view, so that nothing is copied before it is read.";
  let arguments = (ins TensorOperand:$x, DenseI64ArrayAttr:$axes, DenseI64ArrayAttr:$size,
                       DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$dilation);
  let samples = [Sample<["[5,7]"], "axes=[1] size=[3] stride=[2] dilation=[1]">,
                 Sample<["[2,5,6]"], "axes=[1,2] size=[2,3] stride=[1,2] dilation=[2,1]">];
  let signature = "Tensor windows(Operand x, Axes axes, DimList size, DimList stride = {}, DimList dilation = {})";
}

def : Composite<"Tensor transpose(Operand x, Axes axes = {})",
                "The axes in the opposite order, or in that given; x.T() for short.">;
def : Composite<"Tensor transpose(Operand x, int axis1, int axis2)", "Two axes change places, as by swapaxes.">;
def : Composite<"Tensor expand(Operand x, DimList shape)",
                "broadcast_to in which an extent of -1 stands for that of x.">;
def : Composite<"Tensor unflatten(Operand x, int axis, DimList shape)",
                "An axis as several; one of their extents may be -1.">;
def : Composite<"std::vector<Tensor> chunk(Operand x, std::int64_t chunks, int axis = 0)",
                "Parts of x along an axis, all of ceil(extent / chunks) elements but for the last; there may be fewer.">;
def : Composite<"std::vector<Tensor> broadcast_arrays(std::vector<Tensor> xs)", "All in the shape that they broadcast to.">;
def : Composite<"std::vector<Tensor> meshgrid(std::vector<Tensor> xs, Indexing indexing = Indexing::xy)",
                "Coordinates of a grid from those of its axes, which have rank 1.">;
def : Composite<"Tensor flip(Operand x, Axes axis = {})", "The elements of all axes, or of those given, from behind.">;
def : Composite<"Tensor moveaxis(Operand x, Axes source, Axes destination)",
                "Axis source[i] becomes axis destination[i]; the others keep their order.">;
def : Composite<"Tensor swapaxes(Operand x, int axis1, int axis2)", "Two axes change places.">;
def : Composite<"Tensor matrix_transpose(Operand x)", "The last two axes change places.">;
def : Composite<"Tensor flatten(Operand x)", "The elements in row-major order, along one axis.">;
def : Composite<"std::vector<Tensor> unstack(Operand x, int axis = 0)", "The parts of x along an axis, without it.">;
def : Composite<"std::vector<Tensor> split(Operand x, std::int64_t sections, int axis = 0)",
                "So many equal parts of x along an axis.">;
def : Composite<"Tensor diagonal(Operand x, std::int64_t offset = 0)",
                "Elements [..., i, i + offset] of the last two axes, or [..., i - offset, i] for a negative offset.">;

#endif // TRACEJIT_DIALECTS_TRACE_VIEWS
