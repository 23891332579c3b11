// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Options of functions on tensors.
#pragma once

#include <tracejit/dims.h>
#include <tracejit/dtype.h>

#include <optional>

#pragma GCC visibility push(default)
namespace jit {

namespace detail {
/// First member of options, so that `{0, 1}`, meant as axes, does not compile as values of members.
class ByName {
public:
  constexpr bool operator==(const ByName &) const = default;
};
} // namespace detail

/// Options of reductions. `dtype` is for sum, prod and mean, the other functions refuse one.
struct Reduce {
  detail::ByName by_name = {};
  Axes axis = {};
  bool keepdims = false;
  std::optional<DType> dtype = {};
};

/// Options of var and var_mean: squared distances are divided by max(n - correction, 0).
struct Variance {
  detail::ByName by_name = {};
  Axes axis = {};
  int correction = 0;
  bool keepdims = false;
};

/// What scatter does with an update and what is there already. The lesser or greater is as minimum
/// and maximum have it: NaN wins.
enum class ScatterMode : std::uint8_t { set, add, multiply, minimum, maximum };

/// Options of cumulative_sum and cumulative_prod. Without `axis` the tensor must have one axis.
struct Scan {
  detail::ByName by_name = {};
  std::optional<int> axis = {};
  bool reverse = false;         ///< from the last element to the first
  bool include_initial = false; ///< the value of no elements too; the extent is one more
  std::optional<DType> dtype = {};
};

/// Options of sort and argsort.
struct Sort {
  detail::ByName by_name = {};
  int axis = -1;
  bool descending = false;
};

/// Where searchsorted puts a value among equal ones.
enum class Side { left, right };

} // namespace jit
#pragma GCC visibility pop
