// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Options of functions on tensors.
#pragma once

#include <tracejit/dims.h>
#include <tracejit/dtype.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)
namespace jit {

class Tensor;
class Variable;

namespace detail {
struct ValueHead;
struct Access;

/// First member of options, so that `{0, 1}`, meant as axes, does not compile as values of members.
class ByName {
public:
  constexpr bool operator==(const ByName &) const = default;
};
} // namespace detail

namespace detail {
/// A tensor as an option, or none: options stand before Tensor, which has them in its methods.
class OptionalTensor {
public:
  OptionalTensor() noexcept = default;
  OptionalTensor(const Tensor &tensor) noexcept;
  OptionalTensor(const Variable &variable) noexcept;
  OptionalTensor(const OptionalTensor &other) noexcept;
  OptionalTensor &operator=(OptionalTensor other) noexcept {
    std::swap(value, other.value);
    std::swap(given, other.given);
    return *this;
  }
  ~OptionalTensor();
  bool is_given() const noexcept { return given; }

private:
  friend struct Access;
  ValueHead *value = nullptr;
  bool given = false;
};
} // namespace detail

/// Options of reductions. `dtype` is for sum, prod and mean, the other functions refuse one.
struct Reduce {
  detail::ByName by_name = {};
  Axes axis = {};
  bool keepdims = false;
  std::optional<DType> dtype = {};
  /// A mask that broadcasts to x: elements where it is false take no part. The max or min of none
  /// is -infinity or infinity, of integers the least or greatest; argmax and argmin give 0 then,
  /// mean NaN.
  detail::OptionalTensor where = {};
};

/// Options of var and var_mean: squared distances are divided by max(n - correction, 0).
struct Variance {
  detail::ByName by_name = {};
  Axes axis = {};
  int correction = 0;
  bool keepdims = false;
  detail::OptionalTensor where = {}; ///< as that of Reduce; NaN if n is 0
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

/// Options of vector_norm: (sum of |x|^ord)^(1/ord), the largest |x| for infinity, the smallest for
/// -infinity, how many are not 0 for 0.
struct Norm {
  detail::ByName by_name = {};
  Axes axis = {};
  double ord = 2;
  bool keepdims = false;
};

/// What becomes of the losses of elements or rows: one number, or themselves.
enum class Reduction : std::uint8_t { mean, sum, none };

/// Which axis of the results of meshgrid the first two coordinates run along: of Cartesian
/// coordinates the first along the second axis, of matrix indices each along its own.
enum class Indexing : std::uint8_t { xy, ij };

/// Options of max_pool and avg_pool: a value for each spatial axis.
struct Pool {
  detail::ByName by_name = {};
  DimList stride = {};                      ///< the size of windows unless given
  DimList padding = {};                     ///< at both ends of an axis, at most half of the window
  DimList dilation = {};                    ///< of max_pool
  bool ceil_mode = false;                   ///< windows may end outside, but not begin there
  bool count_include_pad = true;            ///< avg_pool: padding counts as elements
  std::optional<std::int64_t> divisor = {}; ///< avg_pool: instead of the number of elements
};

/// Where interpolate reads: the nearest place (`nearest` the one below i * in / out,
/// `nearest_exact` by the middles of elements), or between two places of every axis (linear,
/// bilinear, trilinear).
enum class Interpolation : std::uint8_t { nearest, nearest_exact, linear };

/// Options of interpolate. One of size and scale is given, with a value for each spatial axis or
/// one for all.
struct Interpolate {
  detail::ByName by_name = {};
  DimList size = {};
  std::vector<double> scale = {};
  Interpolation mode = Interpolation::nearest;
  bool align_corners = false; ///< of linear: the first and the last element stay where they are
};

} // namespace jit
#pragma GCC visibility pop
