// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constants of a trace, and what follows from them alone.
#pragma once

#include "runtime/trace/Graph.h"

#include <tracejit/tensor.h>

#include <cstdint>
#include <map>

namespace tracec {

/// A graph some of whose inputs are known, by their numbers.
struct GraphWithConstants {
  jit::Graph graph;
  std::map<std::uint32_t, jit::Tensor> constants;
};

/// Ops whose operands are all constants run now, eagerly, so that the bits are those of a run; what
/// the others read of their results become constants too, behind the inputs that are left, which
/// keep their order. Constants that nobody reads any more are gone. Results that are much larger
/// than the constants stay computed. Throws Exit if an index is out of range or memory runs out.
GraphWithConstants fold_constants(GraphWithConstants given);

} // namespace tracec
