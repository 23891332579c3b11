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

/// Options of reductions. `dtype` is for sum and mean, the other functions refuse one.
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

} // namespace jit
#pragma GCC visibility pop
