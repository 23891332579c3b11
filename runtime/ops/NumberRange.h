// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NumberRange: the integers that an op takes as numbers of its dtype. Others would wrap, or compare
// as another number; dispatch refuses or replaces them before the op is seen.
#pragma once

#include "runtime/base/WithDType.h"
#include "runtime/ops/OpTable.h"

#include <array>
#include <limits>

namespace jit {

struct NumberRange {
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
  constexpr bool holds(std::int64_t number) const noexcept {
    return number >= low && number <= high;
  }
};

namespace detail {
constexpr auto make_number_ranges() noexcept {
  std::array<NumberRange, static_cast<std::size_t>(DType::f64) + 1> ranges;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const auto dtype = static_cast<DType>(i);
    if (dtype == DType::f16 || dtype == DType::bf16 || dtype == DType::boolean)
      continue;
    with_dtype(dtype, [&]<class T>(std::type_identity<T>) {
      using Limits = std::numeric_limits<T>;
      if constexpr (std::floating_point<T>)
        ranges[i] = {-(std::int64_t{1} << Limits::digits), std::int64_t{1} << Limits::digits};
      else
        ranges[i] = {Limits::min(), Limits::max()};
    });
  }
  return ranges;
}
inline constexpr auto number_ranges = make_number_ranges();
} // namespace detail

/// The integers that a dtype holds, without gaps. What it does not bound has the range of i64.
constexpr const NumberRange &number_range(DType dtype) noexcept {
  return detail::number_ranges[static_cast<std::size_t>(dtype)];
}

/// Whether integers as numbers of an op that computes in this dtype must lie in its range.
/// Arithmetic of floats rounds them, comparisons are exact.
inline bool is_ranged(const OpInfo &op, DType compute) noexcept {
  if (op.family != Family::elementwise || op.types == TypeRule::logical ||
      op.types == TypeRule::cast)
    return false;
  return is_float(compute) ? op.types == TypeRule::comparison
                           : compute != DType::boolean && compute != DType::i64;
}

} // namespace jit
