// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cuda/text/Access.h"

#include <cmath>
#include <optional>

namespace jit::gpu {
namespace {

/// Axes [first, last] of one stride: through which an access steps as through one axis.
struct Group {
  unsigned first, last;
  std::int64_t extent; ///< of the group
  std::int64_t stride; ///< of its last axis
  std::int64_t below;  ///< points of the axes behind it
};

/// Axes of extent 1 belong to no group.
std::vector<Group> groups_of(const nest::Nest &nest, const nest::Access &access) {
  std::vector<Group> groups; // from the last axis
  std::int64_t below = 1;
  for (unsigned axis = static_cast<unsigned>(nest.axes.size()); axis-- > 0;) {
    const std::int64_t extent = nest.axes[axis].extent, stride = access.strides[axis];
    if (extent == 1)
      continue;
    if (!groups.empty() && stride == groups.back().stride * groups.back().extent) {
      groups.back().first = axis;
      groups.back().extent *= extent;
    } else {
      groups.push_back({axis, axis, extent, stride, below});
    }
    below *= extent;
  }
  return groups;
}

std::string literal(std::int64_t value, bool wide) {
  return wide ? std::to_string(value) + "ll" : std::to_string(value);
}

} // namespace

Points::Points(const nest::Nest &nest, unsigned lanes) : nest(nest), count(1), lanes(lanes) {
  for (const nest::Axis &axis : nest.axes)
    count *= axis.extent;
  wide = count >= std::int64_t{1} << 31;
}

std::string Points::number(std::int64_t index) const {
  return std::to_string(index) + (wide ? "ull" : "u");
}

std::string Points::coordinate(unsigned axis, const std::string &index) const {
  std::int64_t below = 1, above = 1;
  for (unsigned other = 0; other < nest.axes.size(); ++other)
    if (other != axis)
      (other < axis ? above : below) *= nest.axes[other].extent;
  std::string text = index;
  if (below > 1)
    text += " / " + number(below);
  if (above > 1)
    text += " % " + number(nest.axes[axis].extent);
  return "(" + text + ")";
}

bool is_contiguous(const nest::Nest &nest, const nest::Access &access) {
  const std::vector<Group> groups = groups_of(nest, access);
  return !groups.empty() && groups[0].stride == 1;
}

Walk walk_of(const Points &points, const nest::Access &access) {
  const std::vector<Group> groups = groups_of(points.nest, access);
  if (groups.empty() || (groups.size() == 1 && groups[0].stride == 0))
    return Walk::fixed;
  const std::int64_t lanes = points.lanes;
  const bool whole = groups.size() == 1 || groups[0].extent % lanes == 0;
  if (groups[0].stride == 0 && whole)
    return Walk::splat;
  if (groups[0].stride != 1 || !whole || access.offset % lanes != 0)
    return Walk::any;
  for (std::size_t group = 1; group < groups.size(); ++group)
    if (groups[group].stride % lanes != 0)
      return Walk::any;
  return Walk::vector;
}

Offset offset_of(const Points &points, const nest::Access &access, const std::string &index,
                 double more) {
  const std::vector<Group> groups = groups_of(points.nest, access);
  double reach = std::abs(static_cast<double>(access.offset)) + more;
  for (const Group &group : groups)
    reach += std::abs(static_cast<double>(group.stride)) * static_cast<double>(group.extent);
  const bool wide = reach >= 0x1p31;
  std::string text;
  for (std::size_t k = groups.size(); k-- > 0;) {
    const Group &group = groups[k];
    if (group.stride == 0)
      continue;
    std::string term = index;
    if (group.below > 1)
      term += " / " + points.number(group.below);
    if (k + 1 < groups.size())
      term += " % " + points.number(group.extent);
    term = (wide ? "(long long)" : "(int)") + (term == index ? term : "(" + term + ")");
    if (group.stride != 1)
      term += " * " + literal(group.stride, wide);
    text += (text.empty() ? "" : " + ") + term;
  }
  if (access.offset != 0 || text.empty())
    text += (text.empty() ? "" : " + ") + literal(access.offset, wide);
  return {text, wide};
}

} // namespace jit::gpu
