// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The functions of libtracejit-rt by op, and ways to have pieces run.
#pragma once

#include "runtime/ops/OpTable.h"
#include "runtime/rt/rt.h"

#include <gtest/gtest.h>
#include <immintrin.h>

#define TRACEJIT_ELEMENTWISE_KERNEL TJ_RT1_OPS
#define TRACEJIT_REDUCTION_KERNEL TJ_RT1_OPS
#define TRACEJIT_ROW_KERNEL TJ_RT1_OPS
#define TRACEJIT_SCAN_KERNEL TJ_RT1_OPS
#define TRACEJIT_CONTRACTION_KERNEL TJ_RT1_OPS
#define TRACEJIT_MOVEMENT_KERNEL TJ_RT1_OPS
#define TRACEJIT_INDEX_KERNEL TJ_RT1_OPS
#define TRACEJIT_SORT_KERNEL TJ_RT1_OPS
#define TRACEJIT_CREATION_KERNEL TJ_RT1_OPS
#define TJ_RT1_OPS(name) TJ_RT1_OP(name);
#include "runtime/ops/OpKernels.inc"
#undef TJ_RT1_OPS
TJ_RT1_OP(reshape);

namespace jit::test {

struct RtFunctions {
  decltype(&tj_rt1_scratch_reshape) scratch = nullptr;
  decltype(&tj_rt1_reshape) run = nullptr;
};

/// Null functions for an op that rt does not have.
inline RtFunctions rt_functions(OpKind op) {
  switch (op) {
#define TJ_RT1_OPS(name)                                                                           \
  case OpKind::name:                                                                               \
    return {tj_rt1_scratch_##name, tj_rt1_##name};
#include "runtime/ops/OpKernels.inc"
    TJ_RT1_OPS(reshape)
#undef TJ_RT1_OPS
  default:
    return {};
  }
}

/// A tj_parallel: last piece first, in a floating-point environment that no kernel wants, as
/// threads of the user's may have it. It must be the same afterwards.
inline void run_in_foreign_environment(void *, std::int64_t pieces,
                                       void (*piece)(void *, std::int64_t), void *context) {
  constexpr unsigned foreign = 0xDF80; // flush to zero, round up
  const unsigned before = _mm_getcsr();
  while (pieces-- > 0) {
    _mm_setcsr(foreign);
    piece(context, pieces);
    const unsigned after = _mm_getcsr();
    _mm_setcsr(before);
    EXPECT_EQ(after & 0xFFC0, foreign);
  }
}

/// How a function of rt is called.
struct Way {
  tj_parallel parallel;
  void *pool;
  std::int32_t workers;
};

class Pool {
public:
  explicit Pool(std::int32_t threads) : pool(tj_rt1_pool_create(threads)) {}
  Pool(const Pool &) = delete;
  ~Pool() { tj_rt1_pool_destroy(pool); }
  Way way(std::int32_t workers) const { return {tj_rt1_run, pool, workers}; }

private:
  void *pool;
};

} // namespace jit::test
