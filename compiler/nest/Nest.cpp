// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Merging of axes and numbering of passes.
#include "compiler/nest/Nest.h"

#include <algorithm>

namespace jit::nest {
namespace {

bool has_access(const Node &node) {
  return node.kind == NodeKind::load || node.kind == NodeKind::store;
}

bool mergeable(const Nest &nest, unsigned axis) {
  if (nest.axes[axis].row != nest.axes[axis + 1].row)
    return false;
  return std::all_of(nest.nodes.begin(), nest.nodes.end(), [&](const Node &node) {
    if (has_access(node))
      return is_linear(nest, node.access, axis, axis + 2);
    return node.kind != NodeKind::index || (node.number != axis && node.number != axis + 1);
  });
}

/// The set without bit `axis + 1`, which joins bit `axis`.
std::uint32_t merge_bits(std::uint32_t set, unsigned axis) {
  std::uint32_t low = set & ((2u << axis) - 1);
  std::uint32_t high = static_cast<std::uint32_t>(std::uint64_t{set} >> (axis + 2) << (axis + 1));
  return low | high | (set >> (axis + 1) & 1) << axis;
}

void merge(Nest &nest, unsigned axis) {
  nest.axes[axis].extent *= nest.axes[axis + 1].extent;
  nest.axes.erase(nest.axes.begin() + axis + 1);
  for (Node &node : nest.nodes) {
    node.axes = merge_bits(node.axes, axis);
    if (has_access(node))
      node.access.strides.erase(node.access.strides.begin() + axis);
    if (node.kind == NodeKind::index && node.number > axis)
      --node.number;
  }
}

} // namespace

bool is_linear(const Nest &nest, const Access &access, unsigned first, unsigned last) {
  for (unsigned axis = first; axis + 1 < last; ++axis)
    if (access.strides[axis] != access.strides[axis + 1] * nest.axes[axis + 1].extent)
      return false;
  return true;
}

std::uint32_t Nest::row_axes() const {
  std::uint32_t set = 0;
  for (unsigned axis = 0; axis < axes.size(); ++axis)
    set |= std::uint32_t{axes[axis].row} << axis;
  return set;
}

std::int64_t Nest::row_points() const {
  std::int64_t points = 1;
  for (const Axis &axis : axes)
    points *= axis.row ? axis.extent : 1;
  return points;
}

void Nest::merge_axes(bool keep_last) {
  for (unsigned axis = 0; axis + 1 + keep_last < axes.size();)
    if (mergeable(*this, axis))
      merge(*this, axis);
    else
      ++axis;
}

void Nest::number_passes() {
  for (Node &node : nodes) {
    node.pass = 0;
    for (unsigned operand : node.operands)
      node.pass = std::max(node.pass, nodes[operand].pass);
    if (node.kind == NodeKind::reduce)
      ++node.pass;
  }
}

unsigned Nest::passes() const {
  unsigned last = 0;
  for (const Node &node : nodes)
    last = std::max(last, node.pass);
  return last + 1;
}

std::vector<unsigned> Nest::roots_of(unsigned pass, std::uint32_t point_axes) const {
  std::vector<unsigned> roots;
  for (unsigned k = 0; k < nodes.size(); ++k) {
    const Node &node = nodes[k];
    const bool here = node.kind == NodeKind::reduce ? node.pass == pass + 1 : node.pass == pass;
    const bool varies = node.axes & point_axes;
    if (here && (node.kind == NodeKind::reduce || (node.kind == NodeKind::store && varies) ||
                 (node.kind == NodeKind::keep && varies)))
      roots.push_back(k);
  }
  return roots;
}

} // namespace jit::nest
