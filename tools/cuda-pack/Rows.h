// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernels of eager reductions, row ops and scans, of any extents (runtime/cuda/RowArgs.h).
#pragma once

#include "compiler/cuda/text/Combine.h"

#include <string>

namespace jit::gpu {

/// A reduction of elements of a dtype that are converted to another one.
struct ReduceForm {
  nest::ReduceKind kind;
  std::string name; ///< of the kind
  DType from, to;
};

/// Both orders of every kind and dtype, and what joins moments.
void add_reductions(ModuleText &module);

void add_joins_of_moments(ModuleText &module);

/// Softmax and its kin, as the bodies of their records have them.
void add_row_ops(ModuleText &module);

/// x of the thread whose number differs by these bits, which is in the warp.
Partial of_partner(Emitter &e, const Partial &x, const std::string &bits);

/// Cumulative and linear ones.
void add_scans(ModuleText &module);

/// Writes where row number `row` begins, in elements, by the axes of that name: `long long BASE`.
void add_row_base(Lines &out, const std::string &axes = "axes", const std::string &base = "base");

} // namespace jit::gpu
