// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where the matrices of one batch entry lie, and how many there need to be.
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

/// The same work with the innermost batch axes taken into m where their matrices share B and follow
/// each other: one large matrix makes better use of B. An epilogue counts rows by batch entry, so
/// it keeps its batch.
inline ContractArgs folded_batch(ContractArgs args) {
  for (; args.batch.rank > 0 && !args.epilogue.run; --args.batch.rank) {
    const std::int64_t axis = args.batch.rank - 1;
    const std::int64_t a_next = args.batch.a_strides[axis], c_next = args.batch.c_strides[axis];
    if (args.batch.b_strides[axis] != 0)
      break;
    if (args.m == 1) {
      args.a_row_stride = a_next;
      args.c_row_stride = c_next;
    }
    if (a_next != args.m * args.a_row_stride || c_next != args.m * args.c_row_stride)
      break;
    args.m *= args.batch.sizes[axis];
  }
  return args;
}

} // namespace jit
