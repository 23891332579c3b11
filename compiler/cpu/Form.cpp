// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The choice of loops and vector width.
#include "compiler/cpu/Form.h"

#include <algorithm>

namespace jit::cpu {
namespace {

std::uint32_t axis_range(unsigned first, unsigned last) {
  return static_cast<std::uint32_t>((std::uint64_t{1} << last) - (std::uint64_t{1} << first));
}

bool all_linear(const Nest &nest, unsigned first, unsigned last) {
  return std::all_of(nest.nodes.begin(), nest.nodes.end(), [&](const Node &node) {
    if (node.kind == NodeKind::load || node.kind == NodeKind::store)
      return is_linear(nest, node.access, first, last);
    return true;
  });
}

bool computes_wide(const Node &node) {
  const bool index_at_the_end =
      node.kind == NodeKind::reduce && node.reduction == ReduceKind::argmax;
  return node.kind != NodeKind::store && !index_at_the_end && itemsize(node.dtype) == 8;
}

/// Whether the first pass does nothing but reductions whose parts are single values.
bool reduces_only(const Nest &nest) {
  bool found = false;
  for (const Node &node : nest.nodes) {
    bool along_row = node.axes & nest.row_axes();
    if (node.kind == NodeKind::reduce && node.pass == 1) {
      found = true;
      if (node.reduction == ReduceKind::argmax || node.reduction == ReduceKind::varmean)
        return false;
    }
    if (node.pass == 0 && along_row &&
        (node.kind == NodeKind::store || node.kind == NodeKind::keep))
      return false;
  }
  return found;
}

std::int64_t count_parts(const Nest &nest, const Form &form) {
  if ((form.kind != Form::inner && form.kind != Form::outer) || form.units > 4 ||
      !reduces_only(nest))
    return 0;
  std::int64_t chunk = form.kind == Form::inner ? inner_chunk : outer_block;
  std::int64_t count = (nest.row_points() + chunk - 1) / chunk;
  return count >= 8 ? count : 0;
}

/// Whether lanes would be idle at the end of the lane axes, and are not if the axis before is
/// walked together with them.
bool fills_lanes(const Nest &nest, const Form &form) {
  if (form.lane_points < form.lanes)
    return true;
  if (form.lane_points % form.lanes == 0 || form.lane_points > longest_repeated_row)
    return false; // of longer rows few lanes are idle
  const unsigned first = form.first_lane_axis - 1, last = form.last_lane_axis;
  return std::all_of(nest.nodes.begin(), nest.nodes.end(), [&](const Node &node) {
    if (node.kind == NodeKind::index)
      return node.number < first;
    if (node.kind != NodeKind::load && node.kind != NodeKind::store)
      return true;
    return is_linear(nest, node.access, first, last) ||
           (node.kind == NodeKind::load && period_of(nest, node.access, first, last));
  });
}

} // namespace

unsigned cost_of(const Node &node) {
  if (node.kind != NodeKind::element)
    return 0;
  return is_transcendental(node.function) ? 16 : 1;
}

unsigned canonical_lanes(DType dtype) { return itemsize(dtype) == 8 ? 32 : 64; }

std::uint32_t Form::lane_axes() const { return axis_range(first_lane_axis, last_lane_axis); }

std::uint32_t Form::point_axes(const Nest &nest) const {
  return kind == elementwise || kind == epilogue ? lane_axes() : nest.row_axes();
}

Form choose_form(const Nest &nest, Isa isa, bool epilogue, std::int64_t whole_rows) {
  Form form;
  bool wide = std::any_of(nest.nodes.begin(), nest.nodes.end(), computes_wide);
  form.lanes = (isa == Isa::v4 ? 16u : 8u) / (wide ? 2 : 1);
  for (const Node &node : nest.nodes)
    form.cost += cost_of(node);

  unsigned axes = static_cast<unsigned>(nest.axes.size());
  unsigned parallel = axes;
  while (parallel > 0 && nest.axes[parallel - 1].row)
    --parallel;
  form.kind = epilogue           ? Form::epilogue
              : parallel == axes ? Form::elementwise
              : nest.outer       ? Form::outer
                                 : Form::inner;

  form.last_lane_axis = form.kind == Form::inner ? axes : parallel;
  form.first_lane_axis = form.last_lane_axis;
  form.whole_rows = whole_rows;
  unsigned stop = form.kind == Form::inner ? parallel : 0;
  // Rows take all their axes. Otherwise an axis joins where it costs nothing, or where lanes would
  // be idle without it.
  while (form.first_lane_axis > stop &&
         (form.kind == Form::inner || form.whole_rows ||
          form.first_lane_axis == form.last_lane_axis ||
          (form.kind != Form::epilogue &&
           (fills_lanes(nest, form) ||
            all_linear(nest, form.first_lane_axis - 1, form.last_lane_axis)))))
    form.lane_points *= nest.axes[--form.first_lane_axis].extent;

  // Down the columns a vector of a few registers reads more of each row it passes.
  unsigned wider = isa == Isa::v4 ? 4 : 2;
  if (form.kind == Form::outer && !wide && form.cost < heavy_cost &&
      form.lane_points >= form.lanes * wider)
    form.lanes *= wider;

  switch (form.kind) {
  case Form::elementwise:
    form.block = std::min<std::int64_t>(form.lane_points, 4096);
    break;
  case Form::inner:
  case Form::epilogue:
    form.block = form.lane_points;
    break;
  case Form::outer:
    form.block = form.lanes;
    break;
  }
  form.units = form.blocks();
  for (unsigned axis = 0; axis < std::min(form.first_lane_axis, parallel); ++axis)
    form.units *= nest.axes[axis].extent;
  form.parts = count_parts(nest, form);
  return form;
}

} // namespace jit::cpu
