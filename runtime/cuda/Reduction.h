// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions on a GPU in the canonical orders, as launches of the pack's kernels: a launch makes a
// part of every chunk, the next one reduces the parts.
#pragma once

#include "runtime/cuda/Families.h"
#include "runtime/cuda/Scratch.h"
#include "runtime/kernels/Axes.h"

namespace jit::gpu {

enum class Fold : std::uint8_t { sum, prod, max, min, argmax, argmin, moments };

/// Where results go, one for each kept position.
struct FoldResults {
  std::byte *first = nullptr;  ///< of moments the variances; of argmax and argmin nothing
  std::byte *second = nullptr; ///< of moments the means; of argmax and argmin the indices
};

/// One reduction of one tensor.
class Reducer {
public:
  /// Elements are converted to `to` first, which is the dtype of the results: of sums and products
  /// i64 or a float, of argmax and argmin that of the operand.
  Reducer(Gpu &gpu, Fold fold, DType to) noexcept : gpu(gpu), scratch(gpu), fold(fold), to(to) {}
  /// What sums of floats, or the squares of moments, are divided by.
  void divide_by(std::int64_t number) noexcept;

  /// `reduced` has one bit an axis. There are results, and each has elements.
  Launched run(const StridedView &operand, std::uint32_t reduced, FoldResults results) noexcept;

private:
  /// Rows that are reduced each.
  struct Rows {
    const std::byte *data;
    const long long *indices; ///< of elements that are winners
    DType dtype;
    StridedView begins;
    std::int64_t length, step; ///< of a row; between its elements
  };

  bool is_winner() const noexcept { return fold == Fold::argmax || fold == Fold::argmin; }
  bool reads(DType from) const noexcept;
  Launched gather(const StridedView &operand, ReductionAxes &axes) noexcept;
  Launched reduce(ReductionAxes &axes) noexcept;
  Launched run_both(const ReductionAxes &axes) noexcept;
  Launched run_rows(Rows rows, bool outer, FoldResults to_here, bool is_last) noexcept;
  Launched launch(const Rows &rows, bool outer, std::int64_t chunks, FoldResults to_here,
                  bool divides) noexcept;
  struct Parts {
    FoldResults from;
    std::int64_t rows, count, points_of_part, points, row_step, step;
  };
  Launched join(const Parts &parts, FoldResults to_here, bool is_last) noexcept;
  FoldResults take(std::int64_t count) noexcept;

  Gpu &gpu;
  DeviceScratch scratch;
  const Fold fold;
  const DType to;
  bool divides = false;
  std::uint64_t divisor = 0;
  FoldResults results;
};

} // namespace jit::gpu
