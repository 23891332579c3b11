// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Form: how a nest becomes loops. Chosen by shape and ISA only, and unable to change a bit.
//
// The points of a kernel are cut into units, the work that chunks of threads consist of; a unit has
// one number for every unit axis. Lanes of a vector run along the lane axes, walked as one axis.
//   elementwise  a unit is a block of the lane axes (the last parallel ones)
//   inner        a unit is a row; lanes run along it
//   epilogue     a unit is a row of a matrix; lanes run along the columns that the call names. Of
//                narrow matrices a call has whole rows, and lanes run along all of its points
//   outer        a unit is a vector of lanes along the last parallel axes; the row is walked point
//                by point
#pragma once

#include "compiler/cpu/Nest.h"
#include "runtime/kernels/Isa.h"

namespace jit::cpu {

/// Chunks of order `inner`, blocks and chains of order `outer` (docs/numerics.md).
inline constexpr std::int64_t inner_chunk = 4096;
inline constexpr std::int64_t outer_block = 256;
inline constexpr unsigned outer_chains = 4;

/// What is known of a kernel's data.
enum class Traffic {
  near,   ///< in cache, perhaps
  update, ///< comes from memory and goes back there, at least in part to the same place
  stream, ///< comes from memory; outputs are new and go past the caches
};

struct Form {
  enum Kind { elementwise, epilogue, inner, outer } kind = elementwise;
  unsigned lanes = 0;
  unsigned first_lane_axis = 0, last_lane_axis = 0; ///< [first, last), perhaps none
  std::int64_t lane_points = 1;                     ///< product of the extents of the lane axes
  std::int64_t block = 1; ///< lane points of a unit: all of them in form `inner`
  std::int64_t units = 1;
  unsigned cost = 0; ///< rough cycles of a vector, all passes together
  /// Chunks of the row that threads reduce on their own, when units are few and rows long; 0: none.
  std::int64_t parts = 0;
  Traffic traffic = Traffic::near;
  /// Columns of a narrow matrix, whose epilogue gets whole rows: lanes run along all axes. Else 0.
  std::int64_t whole_rows = 0;

  std::uint32_t lane_axes() const;
  /// Axes along which a unit loops.
  std::uint32_t point_axes(const Nest &nest) const;
  std::int64_t blocks() const { return (lane_points + block - 1) / block; }
};

Form choose_form(const Nest &nest, Isa isa, bool epilogue = false, std::int64_t whole_rows = 0);

/// Rough cycles of a node for a vector, memory apart.
unsigned cost_of(const Node &node);
/// From this cost on a loop is bound by arithmetic: its body is emitted once, to keep code and
/// compile time small.
inline constexpr unsigned heavy_cost = 12;

/// Lanes that the canonical orders keep apart: 256 bytes of accumulators.
unsigned canonical_lanes(DType dtype);

} // namespace jit::cpu
