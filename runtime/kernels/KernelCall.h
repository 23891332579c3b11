// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running one op now: the entry to every eager kernel, used by dispatch, replay, constant folding
// and compiled programs alike.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/kernels/Isa.h"
#include "runtime/kernels/ThreadPool.h"
#include "runtime/ops/OpTable.h"

#include <cstddef>

namespace jit {

struct Storage;

/// A tensor (`meta` set; `data` points at element [0, ..., 0]) or a number (`meta` null).
struct KernelOperand {
  const Meta *meta = nullptr;
  const std::byte *data = nullptr;
  Scalar scalar = 0;
  Storage *storage = nullptr; ///< holds the tensor, if nothing can write to it; may be null
  OperandType type() const noexcept { return {meta, scalar.kind()}; }
};
struct KernelResult {
  const Meta *meta; ///< contiguous
  /// 64-byte aligned, not overlapping any operand but the first, if the op updates it: then that
  /// one may be at the same place.
  std::byte *data;
};
struct KernelCall {
  OpKind op;
  AttrWords attrs;
  std::span<const KernelOperand> operands;
  std::span<const KernelResult> results;
};

/// Memory that the caller has reserved for a call, and for how many threads.
struct KernelScratch {
  std::byte *data = nullptr; ///< scratch_bytes() bytes at a multiple of 64; null: none reserved
  std::int64_t workers = threads_now();
};
/// Bytes of scratch that a call needs for so many threads; often 0. Looks at metadata only.
TRACEJIT_PRIVATE std::size_t scratch_bytes(const KernelCall &call, std::int64_t workers) noexcept;

/// Runs an op of any family but `view` (a reshape that must copy is fine). Metadata has been
/// inferred and indices have been checked. Uses the thread pool for big work; the bits do not
/// depend on it. Returns false iff no scratch was given and none could be had; nothing else can
/// fail, and then nothing was done.
TRACEJIT_PRIVATE [[nodiscard]] bool run_kernel(const KernelCall &call,
                                               const KernelScratch &scratch = {}) noexcept;

/// Copies any strided tensor into a contiguous block of the same dtype and extents.
void copy_strided(const Meta &from, const std::byte *source, std::byte *target) noexcept;

/// Smallest and largest value of an integer tensor; {0, -1} if it is empty.
IndexRange index_range(const Meta &meta, const std::byte *data) noexcept;

/// ISA the kernels use; the best the machine has unless option `isa` says otherwise.
TRACEJIT_PRIVATE Isa active_isa() noexcept;
TRACEJIT_PRIVATE void set_active_isa(Isa isa) noexcept;

} // namespace jit
