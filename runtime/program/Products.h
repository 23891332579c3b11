// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What both machines that run plans take out of a product's step.
#pragma once

#include "runtime/kernels/Parallel.h"
#include "runtime/kernels/contract/Contract.h"
#include "runtime/program/Plan.h"

#include <algorithm>

namespace jit {

/// Shapes and strides; no addresses, and no epilogue. Points into the step.
inline ContractArgs shape_of(const ContractStep &step) noexcept {
  ContractArgs args;
  args.dtype = step.dtype;
  args.m = step.m;
  args.n = step.n;
  args.k = step.k;
  args.a_row_stride = step.a_row_stride;
  args.a_col_stride = step.a_col_stride;
  args.b_row_stride = step.b_row_stride;
  args.b_col_stride = step.b_col_stride;
  args.c_row_stride = step.c_row_stride;
  args.batch = {static_cast<std::int64_t>(step.batch_sizes.size()), step.batch_sizes.data(),
                step.a_batch_strides.data(), step.b_batch_strides.data(),
                step.c_batch_strides.data()};
  return args;
}

/// Whether there is work enough to share among threads.
inline bool worth_sharing(const ContractStep &step) noexcept {
  std::int64_t work = step.m * step.n * std::max<std::int64_t>(step.k, 1);
  for (const std::int64_t size : step.batch_sizes)
    work *= size;
  return work >= 16 * parallel_elements;
}

} // namespace jit
