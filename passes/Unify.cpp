// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fusion's arithmetic. A row-major store makes an address a number in mixed radix, one digit per
// axis of the producer; a load is matched if no carry can pass from one digit to the next.
#include "passes/Unify.h"

#include <algorithm>

namespace jit {

using kernel::MapAttr;

void AxisSum::add(unsigned axis, std::int64_t coefficient) {
  if (coefficients.size() <= axis)
    coefficients.resize(axis + 1, 0);
  coefficients[axis] += coefficient;
}

static AxisSum compose(const AxisSum &sum, const Substitution &second) {
  AxisSum result{sum.constant, {}};
  for (unsigned axis = 0; axis < sum.coefficients.size(); ++axis) {
    const std::int64_t factor = sum.coefficients[axis];
    if (factor == 0)
      continue;
    result.constant += factor * second[axis].constant;
    for (unsigned other = 0; other < second[axis].coefficients.size(); ++other)
      if (const std::int64_t coefficient = second[axis].coefficients[other])
        result.add(other, factor * coefficient);
  }
  return result;
}

Substitution compose(const Substitution &first, const Substitution &second) {
  Substitution result;
  for (const AxisSum &sum : first)
    result.push_back(compose(sum, second));
  return result;
}

MapAttr substitute(MapAttr map, const Substitution &axes) {
  AxisSum sum{map.getOffset(), {map.getStrides().begin(), map.getStrides().end()}};
  const AxisSum result = compose(sum, axes);
  return MapAttr::of(map.getContext(), result.constant, result.coefficients);
}

Refinement::Refinement(llvm::ArrayRef<kernel::Axis> list) : axes(list) {
  for (unsigned axis = 0; axis < axes.size(); ++axis)
    original.emplace_back().add(axis, 1);
}

void Refinement::split(unsigned n, std::int64_t inner) {
  kernel::Axis outer = axes[n];
  outer.extent /= inner;
  axes[n].extent = inner;
  axes.insert(axes.begin() + n, outer);
  for (AxisSum &sum : original) {
    if (sum.coefficients.size() <= n)
      continue;
    const std::int64_t coefficient = sum.coefficients[n];
    sum.coefficients.insert(sum.coefficients.begin() + n, coefficient * inner);
  }
}

llvm::SmallVector<Digit, 4> digits_of(MapAttr store, kernel::SpaceAttr space, bool &ok) {
  llvm::SmallVector<Digit, 4> digits;
  for (unsigned axis = 0; axis < space.size(); ++axis)
    if (store.stride(axis) != 0)
      digits.push_back({axis, space.extent(axis), store.stride(axis)});
  std::sort(digits.begin(), digits.end(),
            [](const Digit &a, const Digit &b) { return a.stride > b.stride; });
  std::int64_t expected = 1;
  ok = store.getOffset() == 0;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    ok &= digit->stride == expected;
    expected *= digit->extent;
  }
  return digits;
}

// The digit that a step of the address changes, or nullptr if it is no multiple of its stride.
static const Digit *digit_of_step(llvm::ArrayRef<Digit> digits, std::int64_t step) {
  for (const Digit &digit : digits)
    if (digit.stride <= std::abs(step))
      return step % digit.stride == 0 ? &digit : nullptr;
  return nullptr;
}

bool unify(llvm::ArrayRef<Digit> digits, MapAttr map, std::int64_t offset, Refinement &consumer,
           Substitution &point) {
  for (const Digit &digit : digits)
    point[digit.axis] = {};
  std::int64_t lowest = offset + map.getOffset();
  llvm::SmallVector<std::int64_t, 4> spread(point.size(), 0); // how far a digit moves
  for (unsigned axis = 0; axis < consumer.axes.size(); ++axis) {
    // Splitting keeps the numbers of the axes before this one, so what was found stays right.
    std::int64_t step = substitute(map, consumer.original).stride(axis);
    if (step == 0)
      continue;
    const Digit *digit = digit_of_step(digits, step);
    if (!digit)
      return false;
    const std::int64_t extent = consumer.axes[axis].extent;
    const std::int64_t factor = step / digit->stride;
    if (std::abs(factor) * (extent - 1) >= digit->extent) {
      // The axis runs over this digit and on: its lower part stays, its upper part is a new axis.
      const std::int64_t inner = factor > 0 ? digit->extent / factor : 0;
      if (inner < 1 || digit->extent % factor != 0 || extent % inner != 0 || inner == extent)
        return false;
      if (consumer.axes.size() == kernel::max_axes)
        return false;
      consumer.split(axis, inner);
      --axis; // the new upper axis has this number now
      continue;
    }
    point[digit->axis].add(axis, factor);
    spread[digit->axis] += std::abs(factor) * (extent - 1);
    if (step < 0) {
      lowest += step * (extent - 1);
      point[digit->axis].constant -= factor * (extent - 1);
    }
  }
  if (lowest < 0)
    return false;
  for (const Digit &digit : digits) {
    const std::int64_t first = lowest / digit.stride;
    lowest %= digit.stride;
    if (first + spread[digit.axis] >= digit.extent)
      return false;
    point[digit.axis].constant += first;
  }
  return lowest == 0;
}

// The bound that keeps a digit in range, whose constant is then known too.
static const Bound *bound_of_digit(const Digit &digit, const AxisSum &sum,
                                   llvm::ArrayRef<Bound> bounds, const Refinement &consumer) {
  const auto found = llvm::find_if(bounds, [&](const Bound &bound) {
    const MapAttr coordinate = substitute(bound.coordinate, consumer.original);
    for (unsigned axis = 0; axis < consumer.axes.size(); ++axis)
      if (coordinate.stride(axis) != sum.coefficient(axis))
        return false;
    return bound.extent <= digit.extent;
  });
  return found == bounds.end() ? nullptr : found;
}

bool unify_inside(llvm::ArrayRef<Digit> digits, MapAttr map, std::int64_t offset,
                  llvm::ArrayRef<Bound> bounds, const Refinement &consumer, Substitution &point) {
  for (const Digit &digit : digits)
    point[digit.axis] = {};
  const MapAttr steps = substitute(map, consumer.original);
  for (unsigned axis = 0; axis < consumer.axes.size(); ++axis) {
    const std::int64_t step = steps.stride(axis);
    const Digit *digit = step ? digit_of_step(digits, step) : nullptr;
    if (step && !digit)
      return false;
    if (step)
      point[digit->axis].add(axis, step / digit->stride);
  }
  // What the constants of bounds leave of the offset is that of the other digits, always in range.
  std::int64_t rest = offset + steps.getOffset();
  llvm::SmallVector<bool, 4> bounded;
  for (const Digit &digit : digits) {
    AxisSum &sum = point[digit.axis];
    const Bound *bound = bound_of_digit(digit, sum, bounds, consumer);
    bounded.push_back(bound);
    if (bound)
      sum.constant = bound->coordinate.getOffset();
    else
      for (unsigned axis = 0; axis < sum.coefficients.size(); ++axis)
        if (sum.coefficients[axis] < 0)
          rest += sum.coefficients[axis] * digit.stride * (consumer.axes[axis].extent - 1);
    rest -= sum.constant * digit.stride;
  }
  if (rest < 0)
    return false;
  for (const auto [digit, is_bounded] : llvm::zip(digits, bounded)) {
    if (is_bounded)
      continue;
    AxisSum &sum = point[digit.axis];
    std::int64_t spread = 0, lowered = 0;
    for (unsigned axis = 0; axis < sum.coefficients.size(); ++axis) {
      const std::int64_t reach = sum.coefficients[axis] * (consumer.axes[axis].extent - 1);
      spread += std::abs(reach);
      lowered += std::min<std::int64_t>(reach, 0);
    }
    const std::int64_t first = rest / digit.stride;
    rest %= digit.stride;
    if (first + spread >= digit.extent)
      return false;
    sum.constant = first - lowered;
  }
  return rest == 0;
}

} // namespace jit
