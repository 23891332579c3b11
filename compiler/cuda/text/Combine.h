// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How two partial results of a reduction become one.
#pragma once

#include "compiler/cuda/text/Element.h"
#include "compiler/nest/Nest.h"

#include <vector>

namespace jit::gpu {

/// The element that changes nothing.
Element neutral(nest::ReduceKind kind, DType dtype);

/// Of kinds that find no winner; of sums and products the next step of a chain.
Element combine(Emitter &e, nest::ReduceKind kind, const Element &x, const Element &y);

/// A partial result: of winners, the index beside it.
using Partial = std::vector<Element>;
Partial join(Emitter &e, nest::ReduceKind kind, const Partial &x, const Partial &y);

} // namespace jit::gpu
