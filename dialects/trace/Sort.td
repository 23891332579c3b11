// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sorting and what stands on it. NaN is the greatest, -0 equals +0, equal elements keep their order.
#ifndef TRACEJIT_DIALECTS_TRACE_SORT
#define TRACEJIT_DIALECTS_TRACE_SORT

include "dialects/trace/TraceBase.td"

def SortOp : TraceOp<"sort", "sort"> {
  let doc = "The elements along an axis in order and their places (i64), of them the first k if k > 0. Stable. Written\n"
            "sort, argsort and top_k.";
  let typeRule = "numeric";
  let types = All;
  let infer = "infer_sort";
  let arguments = (ins TensorOperand:$x, I64Attr:$axis, BoolAttr:$descending, I64Attr:$k);
  let results = (outs Result:$values, Result:$indices);
  let samples = [Sample<["[5,7]"], "axis=1 descending=false k=0">,
                 Sample<["[5,7]"], "axis=0 descending=true k=0">,
                 Sample<["[3,4,5]"], "axis=1 descending=true k=2">];
  let signature = "none";
}
def SearchsortedOp : TraceOp<"searchsorted", "sort"> {
  let doc = "Places (i64) at which values would enter the sorted x, of one axis: in front of equal elements, or behind\n"
            "them with Side::right. NaN is the greatest.";
  let typeRule = "numeric";
  let types = All;
  let infer = "infer_searchsorted";
  let arguments = (ins TensorOperand:$x, TensorOperand:$values, BoolAttr:$right);
  let samples = [Sample<["[7]", "[3,5]"], "right=false">, Sample<["[5]", "[11]"], "right=true">];
  let signature = "Tensor searchsorted(Operand x, Operand values, Side side = Side::left)";
}

def : Composite<"Tensor sort(Operand x, Sort options = {})",
                "The elements along an axis in ascending order, equal ones in the order they had. NaN is the greatest, -0\n"
                "equals +0.">;
def : Composite<"Tensor argsort(Operand x, Sort options = {})", "Places (i64) of the elements that sort gives.">;
def : Composite<"std::pair<Tensor, Tensor> top_k(Operand x, std::int64_t k, int axis = -1, bool largest = true)",
                "The k largest elements along an axis, the largest first, and their places; or the smallest. k lies in\n"
                "[0, extent].">;
def : Composite<"std::pair<Tensor, Tensor> kthvalue(Operand x, std::int64_t k, int axis = -1, bool keepdims = false)",
                "The k-th smallest element along an axis, counted from 1, and its place.">;
def : Composite<"Tensor isin(Operand x, Operand values)", "Whether each element is among values. NaN is not.">;
def : Composite<"Tensor unique_values(Operand x)",
                "The different elements in ascending order. NaNs differ from each other, -0 is +0. A look at values: in\n"
                "traces it ends a segment.">;
def : Composite<"std::pair<Tensor, Tensor> unique_counts(Operand x)",
                "The different elements and how often each occurs. A look at values.">;
def : Composite<"std::pair<Tensor, Tensor> unique_inverse(Operand x)",
                "The different elements, and of each element of x the place among them. A look at values.">;
def : Composite<"UniqueAll unique_all(Operand x)",
                "The different elements, where each occurs first in row-major order, the place of each element of x among\n"
                "them, and how often each occurs. A look at values.">;
def : Composite<"Tensor nonzero(Operand x)",
                "Places (i64) of the elements that are not 0 in row-major order, [count, rank]. A look at values: in\n"
                "traces it ends a segment.">;
def : Composite<"Tensor nonzero(Operand x, std::int64_t size, std::int64_t fill = 0)",
                "The first `size` of these places, rows of `fill` behind them. No look at values.">;
def : Composite<"Tensor compress(Operand x, Operand mask, std::int64_t size)",
                "The first `size` rows along axis 0 at which the mask of one axis is true, in order; where there are fewer,\n"
                "rows at which it is false follow. No look at values.">;
def : Composite<"Tensor bincount(Operand x, std::int64_t length)",
                "How often each of 0 ... length - 1 occurs (i64). The elements of x must lie in this range.">;
def : Composite<"Tensor bincount(Operand x, Operand weights, std::int64_t length)",
                "The sum of the weights of each of 0 ... length - 1, added in the order of x.">;
def : Composite<"Tensor histogram(Operand x, Operand edges)",
                "How many elements lie in each interval [edges[i], edges[i + 1]), the last of which includes its end; edges\n"
                "ascend. NaN is in none.">;

#endif // TRACEJIT_DIALECTS_TRACE_SORT
