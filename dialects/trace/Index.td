// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops whose places come from a tensor of integers. Indices are checked before the op runs.
#ifndef TRACEJIT_DIALECTS_TRACE_INDEX
#define TRACEJIT_DIALECTS_TRACE_INDEX

include "dialects/trace/TraceBase.td"

class Indexing<string mnemonic> : TraceOp<mnemonic, "index"> {
  let typeRule = "numeric";
  let types = All;
  let infer = "infer_" # mnemonic;
  let indexCheck = [InRange<"index", "extent_at_axis">];
}

def TakeOp : Indexing<"take"> {
  let doc = "Elements of x at `index` along an axis, which the axes of index replace. Indices lie in [-extent, extent).";
  let arguments = (ins TensorOperand:$x, IndexOperand:$index, I64Attr:$axis);
  let samples = [Sample<["[5,7]", "i64[4]"], "axis=0">, Sample<["[5,7]", "i64[2,3]"], "axis=1">];
  let signature = "Tensor take(Operand x, Operand index, int axis = 0)";
}
def TakeAlongAxisOp : Indexing<"take_along_axis"> {
  let doc = "y[.., i, ..] = x[.., index[.., i, ..], ..] along an axis; index has the rank and, but for that axis, the\n"
            "extents of x. Indices lie in [-extent, extent).";
  let arguments = (ins TensorOperand:$x, IndexOperand:$index, I64Attr:$axis);
  let samples = [Sample<["[5,7]", "i64[5,1]"], "axis=1">, Sample<["[5,7]", "i64[3,7]"], "axis=0">];
  let signature = "Tensor take_along_axis(Operand x, Operand index, int axis = -1)";
}
// mode is a jit::ScatterMode.
class Scattering<string mnemonic> : Indexing<mnemonic> {
  let arguments = (ins TensorOperand:$x, IndexOperand:$index, TensorOperand:$updates, I64Attr:$axis,
                       I64Attr:$mode);
  let updates = 1;
  let signature = "Tensor " # mnemonic # "(Operand x, Operand index, Operand updates, int axis = 0, ScatterMode mode = ScatterMode::set)";
}
def ScatterOp : Scattering<"scatter"> {
  let doc = "A copy of x with updates put at `index` along an axis, or added to what is there, multiplied with it, or\n"
            "the lesser or greater of both; in ascending order of the updates, whose shape is that of\n"
            "take(x, index, axis). Indices lie in [-extent, extent).";
  let samples = [Sample<["[5,7]", "i64[4]", "[4,7]"], "axis=0 mode=0">,
                 Sample<["[5,7]", "i64[2]", "[5,2]"], "axis=1 mode=1">,
                 Sample<["[5,7]", "i64[3]", "[5,3]"], "axis=1 mode=0">];
}
def ScatterAlongAxisOp : Scattering<"scatter_along_axis"> {
  let doc = "The same with an index for every update: updates[.., i, ..] goes to [.., index[.., i, ..], ..], where\n"
            "take_along_axis(x, index, axis) would read.";
  let samples = [Sample<["[5,7]", "i64[5,2]", "[5,2]"], "axis=1 mode=0">,
                 Sample<["[5,7]", "i64[3,7]", "[3,7]"], "axis=0 mode=1">];
}
def : Composite<"Tensor scatter_add(Operand x, Operand index, Operand updates, int axis = 0)",
                "scatter with ScatterMode::add.">;
def OneHotOp : Indexing<"one_hot"> {
  let doc = "1 at position index[..] of a new last axis of extent depth, 0 elsewhere. Indices lie in [0, depth).";
  let typeRule = "custom";
  let arguments = (ins IndexOperand:$index, I64Attr:$depth, DTypeAttr:$dtype);
  let indexCheck = [InRange<"index", "one_hot_depth", 0>];
  let samples = [Sample<["i64[4]"], "depth=5 dtype=f32">, Sample<["i64[2,3]"], "depth=3 dtype=i64">];
  let signature = "Tensor one_hot(Operand index, std::int64_t depth, DType dtype = DType::f32)";
}

#endif // TRACEJIT_DIALECTS_TRACE_INDEX
