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
def : Composite<"Tensor stack(std::vector<Tensor> xs, int axis = 0)",
                "Joins tensors of one shape along a new axis.">;

#endif // TRACEJIT_DIALECTS_TRACE_MOVEMENT
