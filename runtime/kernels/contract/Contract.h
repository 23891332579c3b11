// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contraction C[m,n] = sum over k of A[m,k] * B[k,n], for eager and compiled programs alike.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/kernels/Isa.h"
#include <tracejit/dtype.h>

#include <cstddef>
#include <cstdint>

namespace jit {

struct Storage;

/// Called on each finished tile of C while it is still in L1 or L2. The tiles of a batch entry
/// cover its C, each element once; nothing of the tile is written afterwards. With several workers
/// the calls come from several threads, and tiles that run at the same time do not overlap.
/// The columns of a tile are all columns of C if `whole_rows` asks for that. Else they begin at a
/// multiple of the vector of the ISA (of C's dtype) and end at one or at n, if n is no less than
/// two vectors of v3.
struct Epilogue {
  void (*run)(void *context, std::int64_t batch, std::int64_t row, std::int64_t rows,
              std::int64_t col, std::int64_t cols) = nullptr;
  void *context = nullptr;
  bool whole_rows = false; ///< for C of few columns: it is not cut between them
};

/// How to run `chunks` independent pieces of work: calls body(context, 0 .. chunks-1), each once,
/// in any order on any thread, and returns when all are done. `kind` tells work of other sizes
/// apart.
struct Parallel {
  void (*run)(void *pool, std::uint64_t kind, std::int64_t chunks,
              void (*body)(void *context, std::int64_t chunk), void *context) = nullptr;
  void *pool = nullptr;
  std::int64_t workers = 1;
};

/// Batch axes, outermost first; a stride of 0 broadcasts. Matrices of C must not overlap.
struct ContractBatch {
  std::int64_t rank = 0;
  const std::int64_t *sizes = nullptr;
  const std::int64_t *a_strides = nullptr;
  const std::int64_t *b_strides = nullptr;
  const std::int64_t *c_strides = nullptr;
};

/// One contraction. Strides count elements and may be anything, negative and 0 included, except
/// that the columns of C are contiguous and its rows do not overlap. C overlaps neither A nor B.
struct ContractArgs {
  DType dtype = DType::f32; ///< of A, B and C
  std::int64_t m = 0, n = 0, k = 0;
  const void *a = nullptr;
  std::int64_t a_row_stride = 0, a_col_stride = 0;
  const void *b = nullptr;
  std::int64_t b_row_stride = 0, b_col_stride = 0;
  /// What B lies in, if its bytes do not change as long as the storage lives.
  Storage *b_storage = nullptr;
  void *c = nullptr;
  std::int64_t c_row_stride = 0;
  ContractBatch batch;
  Epilogue epilogue;
  void *scratch = nullptr; ///< contract_scratch_bytes() bytes at a multiple of 64
};

/// Bytes of scratch that contract() needs for these shapes, strides and workers; often 0. Ask
/// before starting: contract() itself allocates nothing and cannot fail. Pointers in `args` are not
/// read.
TRACEJIT_PRIVATE std::size_t contract_scratch_bytes(const ContractArgs &args, Isa isa,
                                                    const Parallel &parallel);

/// Whether contract() would keep a packed copy of B with its storage, were it given one.
TRACEJIT_PRIVATE bool contract_keeps_packed(const ContractArgs &args, Isa isa,
                                            const Parallel &parallel);

/// Runs the contraction. Floats are accumulated in the canonical order, which depends on k only: k
/// in chunks of 384, s = fma(a_k, b_k, s) from +0 in ascending k, the sums of the chunks added in
/// order; k = 0 gives +0. So bits depend neither on m, n, strides, batch, workers nor on `isa`.
/// B in a storage may be copied there, into the order in which products read it, for later calls.
/// Integers wrap; boolean is "any of a and b". Runs under the caller's MXCSR.
TRACEJIT_PRIVATE void contract(const ContractArgs &args, Isa isa, const Parallel &parallel = {});

} // namespace jit
