// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the functions of every op share: one file a family of ops says which kernel they run.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/ops/OpTable.h"
#include "runtime/rt/rt.h"

namespace jit::rt {

/// The kernel of a family.
struct Kernel {
  void (*run)(const KernelCall &call, const KernelScratch &scratch) noexcept;
  /// Null: it needs no scratch. Else calls have at most inline_operands.
  std::size_t (*scratch)(const KernelCall &call, std::int64_t workers) noexcept = nullptr;
};

/// Operands of a call that find room on the stack; more take some of the scratch.
inline constexpr std::int64_t inline_operands = 16;

std::size_t scratch_of(OpKind op, const Kernel &kernel, const std::int64_t *words,
                       std::int32_t workers) noexcept;

/// What the caller hands over besides the words.
struct Arguments {
  const void *const *operands;
  void *const *results;
  void *scratch;
  tj_parallel parallel;
  void *pool;
  std::int32_t workers;
};
void run_by(OpKind op, const Kernel &kernel, const std::int64_t *words,
            const Arguments &arguments) noexcept;

} // namespace jit::rt

/// The two functions of an op, by the `kernel` in scope.
#define TRACEJIT_RT_FUNCTIONS(name)                                                                \
  TJ_RT1_OP(name);                                                                                 \
  std::size_t tj_rt1_scratch_##name(const std::int64_t *call, std::int32_t workers) {              \
    return scratch_of(OpKind::name, kernel, call, workers);                                        \
  }                                                                                                \
  void tj_rt1_##name(const std::int64_t *call, const void *const *operands, void *const *results,  \
                     void *scratch, tj_parallel par, void *pool, std::int32_t workers) {           \
    run_by(OpKind::name, kernel, call, {operands, results, scratch, par, pool, workers});          \
  }
