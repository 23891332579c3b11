// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Schedule: how a nest becomes loops: one value, chosen by one function of the kernel, its use and
// the target. Lowering only reads it, and it is unable to change a bit.
//
// The points of a kernel are cut into units, the work that chunks of threads consist of; a unit has
// one number for every unit axis. Lanes of a vector run along the lane axes, walked as one axis.
//   elementwise  a unit is a block of the lane axes (the last parallel ones)
//   inner        a unit is a row; lanes run along it
//   epilogue     a unit is a row of a matrix; lanes run along the columns that the call names. Of
//                narrow matrices a call has whole rows, and lanes run along all of its points
//   outer        a unit is a vector of lanes along the last parallel axes; the row is walked point
//                by point
//   across       the same with short rows of order `inner`, and with windows: what is reduced is
//                kept, and folded as along a row
#pragma once

#include "compiler/nest/Nest.h"
#include "runtime/base/ScheduleFields.h"
#include "runtime/kernels/Target.h"

#include <optional>

namespace jit::cpu {

using nest::Access, nest::Nest, nest::Node, nest::NodeKind, nest::ReduceKind;

/// What is known of a kernel's data.
enum class Traffic {
  near,   ///< in cache, perhaps
  update, ///< comes from memory and goes back there, at least in part to the same place
  stream, ///< comes from memory; outputs are new
};

/// What decides about the code of a kernel besides the kernel and the target.
struct KernelUse {
  bool epilogue = false;       ///< of a contraction
  std::int64_t whole_rows = 0; ///< columns of a narrow matrix whose epilogue gets whole rows, or 0
  Traffic traffic = Traffic::near;
};

struct Schedule {
  enum Kind { elementwise, epilogue, inner, outer, across } kind = elementwise;

  // Lanes
  unsigned lanes = 0;
  unsigned first_lane_axis = 0, last_lane_axis = 0; ///< [first, last), perhaps none
  std::int64_t lane_points = 1;                     ///< product of the extents of the lane axes
  std::int64_t whole_rows = 0;                      ///< as in KernelUse: lanes run along all axes

  // Units
  std::int64_t block = 1; ///< lane points of a unit: all of them in form `inner`
  std::int64_t units = 1;
  /// Chunks of the row that threads reduce on their own, when units are few and rows long; 0: none.
  std::int64_t parts = 0;
  std::int64_t grain = 1, part_grain = 1; ///< units of a chunk, if no scratch memory is needed
  std::int64_t range = 1;                 ///< units that are worth a thread

  /// The loop of a pass.
  struct Loop {
    /// Bound by arithmetic: its body is emitted once, to keep code and compile time small.
    bool heavy = false;
    unsigned copies = 16;      ///< of a light body, at most: as many as it has partial results
    unsigned accumulators = 4; ///< vectors of a reduction that may be taken in any order, at most
  };
  std::vector<Loop> loops; ///< by pass
  unsigned cost = 0;       ///< rough cycles of a vector, all passes together

  // Memory
  bool stream = false;       ///< outputs go past the caches, where whole aligned vectors do
  bool halves = false;       ///< both halves of a block side by side: two streams
  std::int64_t prefetch = 0; ///< bytes ahead of a load; 0: nothing is asked for
  bool next_row = false;     ///< what the next row will read is asked for

  /// Lanes are rows, not points of one.
  bool lanes_are_rows() const { return kind == outer || kind == across; }
  std::uint32_t lane_axes() const;
  /// Axes along which a unit loops.
  std::uint32_t point_axes(const Nest &nest) const;
  std::int64_t blocks() const { return (lane_points + block - 1) / block; }
};

Schedule choose_schedule(const Nest &nest, const Target &target, const KernelUse &use = {},
                         const ScheduleChanges &changes = {});

/// One line, as `tracec dump --stage=scheduled` shows it.
std::string to_string(const Schedule &schedule);

/// Rough cycles of a node for a vector, memory apart.
unsigned cost_of(const Node &node);
/// From this cost on a loop is bound by arithmetic.
inline constexpr unsigned heavy_cost = 12;

/// Elements of a row that is copied to the stack to be read again and again.
inline constexpr std::int64_t longest_repeated_row = 128;

/// How many points the contiguous row lasts that `access` reads again and again along axes
/// [first, last), as that of a bias; nothing if it does something else, or the row is long.
std::optional<std::int64_t> period_of(const Nest &nest, const Access &access, unsigned first,
                                      unsigned last);

} // namespace jit::cpu
