// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The arithmetic of fusion: which point of a producer gives the element that a consumer loads.
#pragma once

#include "dialects/kernel/KernelDialect.h"

#include <llvm/ADT/SmallVector.h>

namespace jit {

/// constant + sum(coefficient * axis) over the axes of some space.
struct AxisSum {
  std::int64_t constant = 0;
  llvm::SmallVector<std::int64_t, 4> coefficients; ///< may be shorter than the space

  std::int64_t coefficient(unsigned axis) const {
    return axis < coefficients.size() ? coefficients[axis] : 0;
  }
  void add(unsigned axis, std::int64_t coefficient);
  bool operator==(const AxisSum &) const = default;
};

/// One AxisSum for every axis of a space: where its points lie in another space.
using Substitution = llvm::SmallVector<AxisSum, 4>;

/// `inner` axes in terms of a space, and that space in terms of another one: both steps at once.
Substitution compose(const Substitution &first, const Substitution &second);
kernel::MapAttr substitute(kernel::MapAttr map, const Substitution &axes);

/// A list of axes that can be cut into finer ones, and how the original axes follow from them.
class Refinement {
public:
  explicit Refinement(llvm::ArrayRef<kernel::Axis> original);
  /// Cuts axis n into (extent / inner, inner).
  void split(unsigned n, std::int64_t inner);

  llvm::SmallVector<kernel::Axis, 8> axes;
  Substitution original; ///< every original axis as a sum of the finer ones
};

/// An axis of the producer as a digit of the address: the axes of its (row-major) store.
struct Digit {
  unsigned axis;
  std::int64_t extent, stride;
};
/// Digits of a store, biggest stride first; empty with `ok = false` if it is not row-major.
llvm::SmallVector<Digit, 4> digits_of(kernel::MapAttr store, kernel::SpaceAttr space, bool &ok);

/// Solves store(p) = map(c) for p: on success `point[digit.axis]` is set for every digit, in terms
/// of `consumer.axes`. An axis of the consumer that runs over several digits is split first, so
/// solutions found before are void if `consumer.axes.size()` grew.
bool unify(llvm::ArrayRef<Digit> digits, kernel::MapAttr map, std::int64_t offset,
           Refinement &consumer, Substitution &point);

/// A coordinate of a load, over the axes of its kernel, that its guard keeps in [0, extent).
struct Bound {
  kernel::MapAttr coordinate;
  std::int64_t extent;
};
/// The same where only points within the bounds count. Axes are not split.
bool unify_inside(llvm::ArrayRef<Digit> digits, kernel::MapAttr map, std::int64_t offset,
                  llvm::ArrayRef<Bound> bounds, const Refinement &consumer, Substitution &point);

} // namespace jit
