// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of tensors: functions written with matmul and elementwise ops.
#ifndef TRACEJIT_DIALECTS_TRACE_PRODUCTS
#define TRACEJIT_DIALECTS_TRACE_PRODUCTS

include "dialects/trace/TraceBase.td"

def : Composite<"Tensor outer(Operand x, Operand y)", "x[i] * y[j] of the elements in row-major order.">;
def : Composite<"Tensor inner(Operand x, Operand y)",
                "Sums of products along the last axes, for every pair of rows of x and y.">;
def : Composite<"Tensor vdot(Operand x, Operand y)", "Sum of the products of all elements in row-major order.">;
def : Composite<"Tensor tensordot(Operand x, Operand y, int axes = 2)",
                "Sums of products over the last axes of x and the first of y, so many.">;
def : Composite<"Tensor tensordot(Operand x, Operand y, Axes x_axes, Axes y_axes)",
                "The same over axes by name, in the order given.">;
def : Composite<"Tensor cross(Operand x, Operand y, int axis = -1)", "Product of vectors in three dimensions.">;
def : Composite<"Tensor kron(Operand x, Operand y)", "Every element of x times the whole of y, side by side.">;
def : Composite<"Tensor trace(Operand x, std::int64_t offset = 0)", "Sum of diagonal(x, offset).">;
def : Composite<"Tensor einsum(std::string_view equation, std::vector<Tensor> xs)",
                "Sums of products by labels of axes: \"ij,jk->ik\". Labels of one term only are summed first, then the terms\n"
                "are multiplied from left to right. `...` stands for axes that broadcast.">;

#endif // TRACEJIT_DIALECTS_TRACE_PRODUCTS
