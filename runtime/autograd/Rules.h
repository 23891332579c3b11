// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients written in C++; the records in dialects/trace/Gradients.td name them.
#pragma once

#include "runtime/autograd/Backward.h"
#include "runtime/ops/Attributes.h"

#include <limits>

namespace jit::autograd {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

void pow_gradient(Backward &b);

void sum_gradient(Backward &b);
void mean_gradient(Backward &b);
void max_gradient(Backward &b);
void min_gradient(Backward &b);
void var_mean_gradient(Backward &b);
void logsumexp_gradient(Backward &b);
void layer_norm_gradient(Backward &b);

void prod_gradient(Backward &b);
void cumulative_sum_gradient(Backward &b);
void cumulative_prod_gradient(Backward &b);
void linear_scan_gradient(Backward &b);

void matmul_gradient(Backward &b);
void vecdot_gradient(Backward &b);

void reshape_gradient(Backward &b);
void permute_dims_gradient(Backward &b);
void slice_gradient(Backward &b);
void concat_gradient(Backward &b);
void slice_update_gradient(Backward &b);
void pad_gradient(Backward &b);
void windows_gradient(Backward &b);
void fold_gradient(Backward &b);

void take_gradient(Backward &b);
void take_along_axis_gradient(Backward &b);
void scatter_gradient(Backward &b);
Keep kept_of_scatter(AttrWords attrs, Keep keep) noexcept;
void sort_gradient(Backward &b);

/// Elements `start`, `start + step`, ... along an axis.
Tensor slice_axis(const Backward &b, const Tensor &x, std::size_t axis, std::int64_t start,
                  std::int64_t extent, std::int64_t step = 1);

} // namespace jit::autograd
