// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elements that something else has laid out in memory, as tensors.
#pragma once

#include "runtime/base/Export.h"

#include <tracejit/tensor.h>

#include <string>

namespace jit {

/// There is a stride for every extent; strides count elements, may be 0 or negative.
struct ForeignMemory {
  DType dtype;
  DimList shape, strides;
  const std::byte *first; ///< element [0, ..., 0], aligned; anything if there are no elements
};

/// What is wrong with the extents and strides; empty if all elements can be addressed.
TRACEJIT_PRIVATE std::string problem_of(const ForeignMemory &memory);

/// A row-major copy. Precondition, of both: there is no problem. Throw out_of_memory.
TRACEJIT_PRIVATE Tensor copy_foreign(const ForeignMemory &memory);
/// A tensor over the memory, which calls free_owner(owner) when nobody needs it any more, or before
/// it throws. Precondition: elements are not bool, whose bytes may be any; owner is not null.
TRACEJIT_PRIVATE Tensor adopt_foreign(const ForeignMemory &memory, void *owner,
                                      void (*free_owner)(void *));

} // namespace jit
