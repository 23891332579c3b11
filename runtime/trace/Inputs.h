// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Values for the inputs and numbers of a graph that was read from a file.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/base/Result.h"
#include "runtime/trace/Graph.h"

#include <tracejit/tensor.h>

#include <cstdint>
#include <vector>

namespace jit {

struct GraphInputs {
  std::vector<Tensor> tensors; ///< Ready, with the metas of Graph::inputs
  std::vector<Scalar> numbers;
};

/// Values that depend on the seed, the place and the dtype only: floats in [-2, 2), integers in
/// [-100, 100) (of 8 and 16 bits: all), and in range where an input is an index. Numbers are the
/// examples if the graph has them. A message when out of memory or when no index is in range.
TRACEJIT_PRIVATE Result<GraphInputs> seeded_inputs(const Graph &graph, std::uint64_t seed);

/// A tensor with this meta, strides included, of row-major elements.
TRACEJIT_PRIVATE Result<Tensor> lay_out(const Meta &meta, const std::byte *elements);

/// A copy on an opened device that lies there as the tensor does, with its strides and whatever
/// lies between its elements. A message when out of memory, or when the device cannot be used.
TRACEJIT_PRIVATE Result<Tensor> copy_to(DeviceNumber device, const Tensor &tensor);

} // namespace jit
