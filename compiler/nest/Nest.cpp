// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/nest/Nest.h"

#include <algorithm>

namespace jit::nest {

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
