// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cpu/Schedule.h"

#include "runtime/kernels/Parallel.h"
#include "runtime/scalar/Orders.h"
#include "runtime/scalar/Storage.h"

#include <algorithm>

namespace jit::cpu {
namespace {

std::uint32_t axis_range(unsigned first, unsigned last) {
  return static_cast<std::uint32_t>((std::uint64_t{1} << last) - (std::uint64_t{1} << first));
}

bool all_linear(const Nest &nest, unsigned first, unsigned last) {
  return std::all_of(nest.nodes.begin(), nest.nodes.end(), [&](const Node &node) {
    return !nest::touches_memory(node.kind) || is_linear(nest, node.access, first, last);
  });
}

/// Whether vectors hold half as many numbers: there are values of 8 bytes, apart from indices that
/// are narrowed as soon as they are there.
bool computes_wide(const Nest &nest) {
  std::vector<bool> read(nest.nodes.size()); // by more than gathers
  for (const Node &node : nest.nodes)
    for (const unsigned operand : node.operands)
      read[operand] = read[operand] || node.kind != NodeKind::gather;
  for (unsigned k = 0; k < nest.nodes.size(); ++k) {
    const Node &node = nest.nodes[k];
    const bool index = node.kind == NodeKind::reduce ? finds_winner(node.reduction)
                                                     : node.kind == NodeKind::load && !read[k];
    if (node.kind != NodeKind::store && !index && itemsize(scalar::lane_dtype(node.dtype)) == 8)
      return true;
  }
  return false;
}

/// Whether the first pass does nothing but reductions whose parts are single values.
bool reduces_only(const Nest &nest) {
  bool found = false;
  for (const Node &node : nest.nodes) {
    bool along_row = node.axes & nest.row_axes();
    if (node.kind == NodeKind::reduce && node.pass == 1) {
      found = true;
      if (finds_winner(node.reduction) || node.reduction == ReduceKind::varmean)
        return false;
    }
    if (node.pass == 0 && along_row &&
        (node.kind == NodeKind::store || node.kind == NodeKind::keep))
      return false;
  }
  return found;
}

std::int64_t count_parts(const Nest &nest, const Schedule &schedule) {
  if ((schedule.kind != Schedule::inner && schedule.kind != Schedule::outer) ||
      schedule.units > 4 || !reduces_only(nest))
    return 0;
  std::int64_t chunk = schedule.kind == Schedule::inner ? inner_chunk : outer_block;
  std::int64_t count = (nest.row_points() + chunk - 1) / chunk;
  return count >= 8 ? count : 0;
}

/// Whether lanes would be idle at the end of the lane axes, and are not if the axis before is
/// walked together with them.
bool fills_lanes(const Nest &nest, const Schedule &schedule) {
  if (schedule.lane_points < schedule.lanes)
    return true;
  if (schedule.lane_points % schedule.lanes == 0 || schedule.lane_points > longest_repeated_row)
    return false; // of longer rows few lanes are idle
  const unsigned first = schedule.first_lane_axis - 1, last = schedule.last_lane_axis;
  return std::all_of(nest.nodes.begin(), nest.nodes.end(), [&](const Node &node) {
    if (node.kind == NodeKind::index)
      return node.number < first;
    if (!nest::touches_memory(node.kind))
      return true;
    return is_linear(nest, node.access, first, last) ||
           (node.kind == NodeKind::load && period_of(nest, node.access, first, last));
  });
}

} // namespace

std::optional<std::int64_t> period_of(const Nest &nest, const Access &access, unsigned first,
                                      unsigned last) {
  std::int64_t period = 1;
  while (last > first && access.strides[last - 1] == period && period <= longest_repeated_row)
    period *= nest.axes[--last].extent;
  const bool repeated = period > 1 && last > first;
  for (; last > first; --last)
    if (access.strides[last - 1] != 0)
      return std::nullopt;
  return repeated && period <= longest_repeated_row ? std::optional(period) : std::nullopt;
}

unsigned cost_of(const Node &node) {
  if (node.kind != NodeKind::element)
    return 0;
  return is_transcendental(node.function) ? 16 : 1;
}

std::uint32_t Schedule::lane_axes() const { return axis_range(first_lane_axis, last_lane_axis); }

std::uint32_t Schedule::point_axes(const Nest &nest) const {
  return kind == elementwise || kind == epilogue ? lane_axes() : nest.row_axes();
}

namespace {

/// Rough cycles of what a pass computes at a point for one of its roots.
unsigned pass_cost(const Nest &nest, std::uint32_t point_axes, unsigned node, unsigned pass,
                   std::vector<bool> &seen) {
  const Node &n = nest.nodes[node];
  if (!(n.axes & point_axes) && n.kind != NodeKind::reduce)
    return 0;
  if (seen[node] || (n.kind == NodeKind::keep && n.pass < pass))
    return 0;
  seen[node] = true;
  unsigned cost = cost_of(n);
  for (unsigned operand : n.operands)
    cost += pass_cost(nest, point_axes, operand, pass, seen);
  return cost;
}

/// One way to choose each group of fields; later groups look at earlier ones.
class Chooser {
public:
  Chooser(const Nest &nest, const Target &target, const KernelUse &use,
          const ScheduleChanges &changes)
      : nest(nest), target(target), use(use), changes(changes), wide(computes_wide(nest)),
        axes(static_cast<unsigned>(nest.axes.size())), parallel(axes) {
    while (parallel > 0 && nest.axes[parallel - 1].row)
      --parallel;
  }

  Schedule choose() {
    for (const Node &node : nest.nodes)
      s.cost += cost_of(node);
    s.kind = use.epilogue       ? Schedule::epilogue
             : parallel == axes ? Schedule::elementwise
             : nest.outer       ? Schedule::outer
             : is_short()       ? Schedule::across
                                : Schedule::inner;
    s.whole_rows = use.whole_rows;
    s.stream = use.traffic == Traffic::stream && s.kind != Schedule::epilogue;
    if (const auto stream = changes[ScheduleKey::stream]; stream && s.kind != Schedule::epilogue)
      s.stream = *stream;
    choose_lanes();
    choose_units();
    choose_loops();
    choose_memory();
    choose_grain();
    return s;
  }

private:
  /// Whether a row would leave most lanes idle, and there are others to fill them.
  bool is_short() const {
    constexpr std::int64_t longest = 16, longest_tree = inner_lanes(8); // before it wraps around
    if (!all_linear(nest, parallel, axes)) // a window: no lanes run along it
      return true;
    const std::int64_t most = changes[ScheduleKey::across].value_or(longest);
    return nest.row_points() <= std::min(most, longest_tree) && parallel > 0 &&
           nest.axes[parallel - 1].extent >= 32;
  }

  bool is_heavy() const { return s.cost >= heavy_cost; }

  void choose_lanes() {
    s.lanes = (target.isa == Isa::v4 ? 16u : 8u) / (wide ? 2 : 1);
    s.last_lane_axis = s.kind == Schedule::inner ? axes : parallel;
    s.first_lane_axis = s.last_lane_axis;
    const unsigned stop = s.kind == Schedule::inner ? parallel : 0;
    while (s.first_lane_axis > stop && joins_lanes())
      s.lane_points *= nest.axes[--s.first_lane_axis].extent;
    s.lanes *= widening();
    // The tiles of a contraction consist of vectors of the ISA, and lanes in a canonical order are
    // no more than it has.
    const std::int64_t most = inner_lanes(wide ? 8 : 4);
    const auto lanes = changes[ScheduleKey::lanes];
    if (lanes && (s.kind != Schedule::epilogue || s.whole_rows > 0))
      s.lanes = static_cast<unsigned>(std::min(*lanes, most));
  }

  /// Rows take all their axes. Otherwise an axis joins where it costs nothing, or where lanes would
  /// be idle without it.
  bool joins_lanes() const {
    if (s.kind == Schedule::inner || s.whole_rows > 0 || s.first_lane_axis == s.last_lane_axis)
      return true;
    return s.kind != Schedule::epilogue &&
           (fills_lanes(nest, s) || all_linear(nest, s.first_lane_axis - 1, s.last_lane_axis));
  }

  /// By how much vectors are longer than a register.
  unsigned widening() const {
    const bool v4 = target.isa == Isa::v4;
    if (s.kind == Schedule::epilogue && s.whole_rows == 0)
      return 1;
    // Down the columns a vector of a few registers reads more of each row it passes.
    const unsigned wider = v4 ? 4 : 2;
    if (s.kind == Schedule::outer && !is_heavy())
      return !wide && s.lane_points >= s.lanes * wider ? wider : 1;
    if (v4)
      return 1;
    // Two chains of a long computation hide each other's latency, and four of one function that
    // leaves registers for them. Stores past the caches should fill whole lines.
    const auto fits = [&](unsigned by) {
      return s.lane_points % (by * s.lanes) == 0 || s.lane_points >= 4 * by * s.lanes;
    };
    if (is_heavy() && is_one_slim_function() && fits(4))
      return 4;
    return (is_heavy() || (s.stream && s.kind == Schedule::elementwise)) && fits(2) ? 2 : 1;
  }

  /// Functions that leave no registers for four vectors at once.
  static bool is_broad(ScalarFunction function) {
    switch (function) {
#define TRACEJIT_BROAD(name) case ScalarFunction::name:
#include "runtime/ops/Broad.inc"
#undef TRACEJIT_BROAD
      return true;
    default:
      return false;
    }
  }

  bool is_one_slim_function() const {
    unsigned functions = 0, slim = 0;
    for (const Node &node : nest.nodes)
      if (node.kind == NodeKind::element && is_transcendental(node.function)) {
        ++functions;
        slim += !is_broad(node.function);
      }
    return functions == 1 && slim == 1;
  }

  void choose_units() {
    constexpr std::int64_t usual_block = 4096;
    std::int64_t block = changes[ScheduleKey::block].value_or(usual_block);
    block = std::max<std::int64_t>(block, s.lanes); // both are powers of two
    s.block = s.kind == Schedule::elementwise ? std::min(s.lane_points, block)
              : s.lanes_are_rows()            ? s.lanes
                                              : s.lane_points;
    s.units = s.blocks();
    for (unsigned axis = 0; axis < std::min(s.first_lane_axis, parallel); ++axis)
      s.units *= nest.axes[axis].extent;
    s.parts = count_parts(nest, s);
  }

  void choose_loops() {
    // Every copy of a body reads all buffers: many copies of many loads keep code generation from
    // ever coming to an end of a pass.
    constexpr unsigned most_loads = 64;
    unsigned most_copies = Schedule::Loop().copies;
    while (most_copies > 1 && most_copies * nest.buffers > most_loads)
      most_copies /= 2;
    const std::uint32_t points = s.point_axes(nest);
    for (unsigned pass = 0; pass < nest.passes(); ++pass) {
      std::vector<bool> seen(nest.nodes.size());
      unsigned cost = 0;
      for (const unsigned root : nest.roots_of(pass, points))
        cost += pass_cost(nest, points, root, pass, seen);
      Schedule::Loop loop;
      loop.heavy = cost >= heavy_cost;
      loop.copies = loop.heavy ? 1 : most_copies;
      loop.accumulators = loop.heavy ? 1 : loop.accumulators;
      const auto change = [&](ScheduleKey key, unsigned &field) {
        field = static_cast<unsigned>(changes[key].value_or(field));
      };
      change(ScheduleKey::copies, loop.copies);
      change(ScheduleKey::accumulators, loop.accumulators);
      s.loops.push_back(loop);
    }
  }

  void choose_memory() {
    // From this cost on arithmetic takes longer than memory, and a second stream brings nothing.
    // With v3 two streams of stores are slower than one.
    constexpr unsigned most_cost = 32;
    const bool can_halve = s.kind == Schedule::elementwise && s.block % (2 * s.lanes) == 0;
    s.halves = s.stream && s.cost <= most_cost && target.isa == Isa::v4;
    s.halves = can_halve && changes[ScheduleKey::halves].value_or(s.halves);
    // Beyond what the latency of memory costs, below the page where the machine's own prefetching
    // ends.
    constexpr std::int64_t ahead = 2048;
    if (s.kind == Schedule::elementwise)
      s.prefetch =
          changes[ScheduleKey::prefetch].value_or(use.traffic == Traffic::update ? ahead : 0);
    s.next_row = s.kind == Schedule::inner && s.first_lane_axis > 0 &&
                 changes[ScheduleKey::rows].value_or(use.traffic != Traffic::near);
  }

  void choose_grain() {
    const auto weight = std::max(1u, s.cost / 8);
    const std::int64_t points = s.lanes_are_rows() ? s.block * nest.row_points() : s.block;
    s.grain = s.range = units_per_range(points * weight);
    // What is asked for ahead of its use should not be another thread's.
    if (s.units > 2 * s.grain && use.traffic != Traffic::near)
      s.grain = std::max(s.grain, std::min(8 * s.grain, s.units / 64));
    if (s.units <= 2 * s.grain || s.parts > 0)
      s.grain = s.units;
    else
      s.grain = changes[ScheduleKey::grain].value_or(s.grain);
    const std::int64_t part = s.kind == Schedule::outer ? outer_block * s.lanes : inner_chunk;
    s.part_grain = units_per_range(part * weight);
  }

  const Nest &nest;
  const Target &target;
  const KernelUse &use;
  const ScheduleChanges &changes;
  const bool wide;
  const unsigned axes;
  unsigned parallel; ///< axes before the row
  Schedule s;
};

} // namespace

Schedule choose_schedule(const Nest &nest, const Target &target, const KernelUse &use,
                         const ScheduleChanges &changes) {
  return Chooser(nest, target, use, changes).choose();
}

std::string to_string(const Schedule &schedule) {
  static constexpr const char *kinds[] = {"elementwise", "epilogue", "inner", "outer", "across"};
  std::string text = kinds[schedule.kind];
  const auto add = [&](const char *name, std::int64_t value) {
    text += std::string(", ") + name + " " + std::to_string(value);
  };
  add("lanes", schedule.lanes);
  text += " over axes [" + std::to_string(schedule.first_lane_axis) + ", " +
          std::to_string(schedule.last_lane_axis) + ")";
  if (schedule.whole_rows > 0)
    add("whole rows of", schedule.whole_rows);
  add("block", schedule.block);
  add("units", schedule.units);
  add("grain", schedule.grain);
  if (schedule.parts > 0) {
    add("parts", schedule.parts);
    add("part grain", schedule.part_grain);
  }
  add("cost", schedule.cost);
  for (const Schedule::Loop &loop : schedule.loops)
    text += std::string(loop.heavy ? "; heavy loop" : "; loop") + " of at most " +
            std::to_string(loop.copies) + " copies, " + std::to_string(loop.accumulators) +
            " accumulators";
  text += schedule.stream ? "; streaming stores" : "; plain stores";
  if (schedule.halves)
    text += " in halves";
  if (schedule.prefetch > 0)
    add("prefetch", schedule.prefetch);
  if (schedule.next_row)
    text += ", next row asked for";
  return text;
}

} // namespace jit::cpu
