// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels of every element function and dtype, as the records have them.
#pragma once

#include "compiler/cuda/text/Flat.h"
#include "test/unit/scalar/ScalarKernels.h"

namespace jit::gpu::test {

/// Points of each: a prime, so that the last vector is a part of one.
inline constexpr std::int64_t sample_points = 9001;

struct Sample {
  const scalar_test::Kernel *kernel;
  std::string name;
  KernelResult result;
};
/// A flat kernel for each loop of the plain emitter, over contiguous operands in buffers 0, 1, ...
/// and its result behind them; or for every so many, from the first on.
std::vector<Sample> add_samples(ModuleText &module, const FlatOptions &options = {},
                                std::size_t every = 1, std::size_t first = 0);

} // namespace jit::gpu::test
