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

def : Composite<"Tensor roll(Operand x, DimList shift, Axes axis = {})",
                "Elements move by `shift` places along an axis, those of the end to the beginning; along several axes by\n"
                "a shift each, or all by the same. Without axes those of x in row-major order.">;
def : Composite<"Tensor roll(Operand x, std::int64_t shift, Axes axis = {})", "The same, all by one shift.">;
def : Composite<"Tensor tile(Operand x, DimList repetitions)",
                "x beside itself, so many times along every axis; with more repetitions than axes, axes are added in front.">;
def : Composite<"Tensor repeat(Operand x, std::int64_t count, std::optional<int> axis = {})",
                "Every element along an axis `count` times; without an axis those of x in row-major order.">;
def : Composite<"Tensor pad(Operand x, DimList low, DimList high, Operand value = 0)",
                "low[i] elements `value`, a number, in front of axis i and high[i] behind it.">;
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
