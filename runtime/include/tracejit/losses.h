// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Options of losses over classes.
#pragma once

#include <tracejit/options.h>
#include <tracejit/tensor.h>

#pragma GCC visibility push(default)
namespace jit {

/// Options of cross_entropy and nll_loss.
struct ClassLoss {
  detail::ByName by_name = {};
  Tensor weight = {};                            ///< by class, or empty
  std::optional<std::int64_t> ignore_index = {}; ///< rows with this label do not count
  double smoothing = 0;                          ///< share of a label that all classes get alike
  Reduction reduction = Reduction::mean;         ///< a mean divides by the sum of the rows' weights
};

} // namespace jit
#pragma GCC visibility pop
