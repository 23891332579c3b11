// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients of matmul and vecdot.
#include "runtime/autograd/Rules.h"

#include "runtime/eager/Dispatch.h"

namespace jit::autograd {
namespace {

/// The last two axes exchanged.
Tensor transposed(Operand x, std::size_t rank) {
  DimList order;
  for (std::size_t i = 0; i < rank; ++i)
    order.push_back(static_cast<std::int64_t>(i));
  std::swap(order[rank - 2], order[rank - 1]);
  return permute_dims(std::move(x), order);
}

/// [..., m, k] as one matrix [... m, k].
Tensor as_matrix(const Backward &b, Tensor x) {
  if (x.ndim() == 2)
    return x;
  const std::int64_t columns = x.shape().back();
  std::int64_t rows = 1;
  for (std::int64_t extent : x.shape().first(x.shape().size() - 1))
    rows *= extent;
  return reshape(b.at(std::move(x)), {rows, columns});
}

} // namespace

/// dx = dy y^T, dy = x^T dy, where a rank-1 x is a row and a rank-1 y a column.
void matmul_gradient(Backward &b) {
  const bool row = b.shape(0).size() == 1, column = b.shape(1).size() == 1;
  Tensor dy = detail::Access::tensor_of(b.dy());
  if (column)
    dy = expand_dims(b.at(std::move(dy)), -1);
  if (row)
    dy = expand_dims(b.at(std::move(dy)), -2);
  if (b.wants(0)) {
    Tensor y = detail::Access::tensor_of(b.operand(1));
    if (column)
      y = expand_dims(b.at(std::move(y)), -1);
    const std::size_t rank = y.shape().size();
    Tensor turned = transposed(b.at(std::move(y)), rank);
    b.give(0, b.at(matmul(b.at(dy), b.at(std::move(turned)))));
  }
  if (b.wants(1)) {
    Tensor x = detail::Access::tensor_of(b.operand(0));
    if (row)
      x = expand_dims(b.at(std::move(x)), 0);
    if (b.shape(1).size() <= 2) {
      // One y for all batches: the batches are rows of one product.
      x = as_matrix(b, std::move(x));
      dy = as_matrix(b, std::move(dy));
    }
    const std::size_t rank = x.shape().size();
    Tensor turned = transposed(b.at(std::move(x)), rank);
    Tensor product = matmul(b.at(std::move(turned)), b.at(std::move(dy)));
    b.give(1,
           column ? b.at(reshape(b.at(std::move(product)), b.shape(1))) : b.at(std::move(product)));
  }
}

void vecdot_gradient(Backward &b) {
  const Tensor dy = expand_dims(b.dy(), -1);
  if (b.wants(0))
    b.give(0, b.at(multiply(b.at(dy), b.operand(1))));
  if (b.wants(1))
    b.give(1, b.at(multiply(b.at(dy), b.operand(0))));
}

} // namespace jit::autograd
