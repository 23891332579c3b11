// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions over the elements that a mask names, written with other ops.
#pragma once

#include "runtime/ops/OpTable.h"

#include <tracejit/options.h>
#include <tracejit/tensor.h>

namespace jit::detail {

/// x with what changes no result of the reduction where the mask is false.
Operand with_identity(OpKind op, const Operand &x, const OptionalTensor &where);

Tensor masked_mean(const Operand &x, const Reduce &options, DType dtype);
/// argmax and argmin.
Tensor masked_place(OpKind op, const Operand &x, const Reduce &options);
std::pair<Tensor, Tensor> masked_var_mean(const Operand &x, const Variance &options);

} // namespace jit::detail
