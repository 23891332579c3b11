// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums of products over axes of two tensors, as one matmul.
#pragma once

#include "runtime/eager/functions/Term.h"

namespace jit::detail {

/// Over axes x_sum[i] of x and y_sum[i] of y: [batch, rest of x, rest of y]. The batch axes, the
/// same number of each, broadcast.
Tensor contract(std::string_view function, const Term &x, const Term &y, const DimList &x_sum,
                const DimList &y_sum, const DimList &x_batch = {}, const DimList &y_batch = {});

} // namespace jit::detail
