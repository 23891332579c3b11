// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where the matrices of one batch entry lie.
#pragma once

#include "runtime/kernels/contract/Contract.h"

namespace jit {

struct BatchOffsets {
  std::int64_t a = 0, b = 0, c = 0; ///< in elements
};

inline BatchOffsets batch_offsets(const ContractBatch &batch, std::int64_t entry) {
  BatchOffsets offsets;
  for (std::int64_t axis = batch.rank; axis-- > 0;) {
    const std::int64_t index = entry % batch.sizes[axis];
    entry /= batch.sizes[axis];
    offsets.a += index * batch.a_strides[axis];
    offsets.b += index * batch.b_strides[axis];
    offsets.c += index * batch.c_strides[axis];
  }
  return offsets;
}

inline std::int64_t batch_size(const ContractBatch &batch) {
  std::int64_t size = 1;
  for (std::int64_t axis = 0; axis < batch.rank; ++axis)
    size *= batch.sizes[axis];
  return size;
}

} // namespace jit
