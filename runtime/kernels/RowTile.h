// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RowTile: the steps of a row op over one tile that stays in cache. The same inner loops and orders
// as the body's ops over whole tensors, so the bits are theirs.
#pragma once

#include "runtime/kernels/Reduction.h"
#include "runtime/kernels/RowPlan.h"

namespace jit {

/// Operand o as [outer][rows][columns], cut at the axis. If short rows are turned, the columns lie
/// before the axis.
struct RowOperand {
  StridedView before, behind;
  std::int64_t stride; ///< along the axis
  std::int64_t step;
};

struct RowProblem {
  const KernelTable &table;
  const RowPlan &plan;
  const KernelCall &call;
  RowOperand operands[max_row_operands];
  std::int64_t outer, rows, columns; ///< extents before, at and behind the axis
  std::int64_t tile_columns;
  bool last_axis;
  bool turned; ///< the columns of a tile are `row_lanes` short rows, or some of them
};

/// Columns of a tile, at most.
inline constexpr std::int64_t max_tile_columns = 512;

/// One tile in work: where its values are.
class RowTile {
public:
  RowTile(const RowProblem &problem, std::byte *workspace) noexcept
      : problem(problem), plan(problem.plan), workspace(workspace) {}

  /// Values, and behind them scratch of the reductions.
  static std::size_t bytes(const RowProblem &problem) noexcept;

  /// Columns [first, first + count) of entry `outer`.
  void run(std::int64_t outer, std::int64_t first, std::int64_t count) noexcept;

private:
  static std::size_t padded(std::size_t elements) noexcept;
  static std::size_t value_bytes(const RowProblem &problem) noexcept;
  static std::size_t reduction_bytes(const RowProblem &problem) noexcept;
  ScratchSpace space() const noexcept { return ScratchSpace(workspace + value_bytes(problem)); }
  std::int64_t extent_of(const RowValue &value) const noexcept;
  std::byte *memory(const RowValue &value) const noexcept;

  /// Elements before entry `outer` of the axes in front.
  static std::int64_t offset_before(const RowOperand &operand, std::int64_t outer) noexcept;
  void load(int index, std::int64_t outer, std::int64_t first) noexcept;
  void turn(const RowOperand &operand, const std::byte *base, std::int64_t first,
            std::byte *to) const noexcept;

  /// The last result goes straight to the tensor if it lies there without gaps.
  bool direct() const noexcept;
  std::byte *target(std::int64_t outer, std::int64_t first) const noexcept;
  void place_results(const RowStep &step, std::int64_t outer, std::int64_t first) noexcept;
  void run_elementwise(const RowStep &step) noexcept;
  static ReductionAxes axes_of(const RowProblem &problem, std::int64_t columns) noexcept;
  ReductionProblem reduction(const std::byte *data) const noexcept;
  void run_reduction(const RowStep &step) noexcept;
  template <class T> void moments(const RowStep &step, const std::byte *data) noexcept;
  void store(std::int64_t outer, std::int64_t first) const noexcept;
  void turn_back(std::int64_t outer, std::int64_t first) const noexcept;

  const RowProblem &problem;
  const RowPlan &plan;
  std::byte *workspace;
  std::int64_t columns = 0; ///< of this tile
  std::size_t lanes = 0;    ///< of a turned tile: rows that exist
  std::byte *at[max_values];
};

} // namespace jit
