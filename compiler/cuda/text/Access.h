// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How an access of a nest walks through memory when all axes are one flat index, and its offset as
// text.
#pragma once

#include "compiler/nest/Nest.h"

#include <string>

namespace jit::gpu {

/// The points of a nest in row-major order, `lanes` neighbours at a time.
struct Points {
  const nest::Nest &nest;
  std::int64_t count;
  unsigned lanes;
  bool wide; ///< the flat index takes 64 bits

  Points(const nest::Nest &nest, unsigned lanes);
  std::string_view index_type() const { return wide ? "unsigned long long" : "unsigned"; }
  /// An index as a constant of that type.
  std::string number(std::int64_t index) const;
  std::string coordinate(unsigned axis, const std::string &index) const;
};

enum class Walk {
  fixed,  ///< one element for all points
  vector, ///< neighbours in memory for the points of a vector
  splat,  ///< one element for the points of a vector
  any,
};
Walk walk_of(const Points &points, const nest::Access &access);

/// Whether neighbouring points of the last axes are neighbours in memory.
bool is_contiguous(const nest::Nest &nest, const nest::Access &access);

/// A sum over the coordinates of a flat index, in 32 bits if every value of it, and `more` beside,
/// fits.
struct Offset {
  std::string text;
  bool wide;
};
Offset offset_of(const Points &points, const nest::Access &access, const std::string &index,
                 double more = 0);

} // namespace jit::gpu
