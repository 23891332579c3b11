// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the array API standard asks of dtypes: limits, kinds, and which dtype results from several.
#pragma once

#include <tracejit/tensor.h>

#include <initializer_list>
#include <source_location>
#include <string_view>

#pragma GCC visibility push(default)
namespace jit {

/// Of a floating dtype.
struct FloatInfo {
  int bits;
  double eps;             ///< distance of the next number from 1
  double max, min;        ///< largest and least finite number
  double smallest_normal; ///< positive
  DType dtype;
};
/// Throws invalid_argument for other dtypes.
FloatInfo finfo(DType dtype, std::source_location site = std::source_location::current());

/// Of an integer dtype.
struct IntegerInfo {
  int bits;
  std::int64_t max, min;
  DType dtype;
};
/// Throws invalid_argument for other dtypes.
IntegerInfo iinfo(DType dtype, std::source_location site = std::source_location::current());

namespace detail {
/// A dtype, that of a tensor, or a number, which is weakly typed.
class Typed {
public:
  Typed(DType dtype) noexcept : dtype(dtype) {}
  Typed(const Tensor &tensor, std::source_location site = std::source_location::current())
      : dtype(tensor.dtype(site)) {}
  Typed(const Variable &variable, std::source_location site = std::source_location::current())
      : dtype(variable.dtype(site)) {}
  template <Number T> Typed(T number) noexcept : kind(Scalar(number).kind()) {}

  std::optional<DType> dtype;
  ScalarKind kind = ScalarKind::boolean; ///< without a dtype
};
} // namespace detail

/// The dtype of an op over these: result_type({x, DType::u8, 2.5}). Throws invalid_argument if
/// there are none.
DType result_type(std::initializer_list<detail::Typed> operands,
                  std::source_location site = std::source_location::current());
/// Whether a conversion follows promotion, so that no value is lost but to rounding.
bool can_cast(DType from, DType to) noexcept;
/// Of kind "bool", "signed integer", "unsigned integer", "integral", "real floating",
/// "complex floating" or "numeric". Throws invalid_argument for another.
bool isdtype(DType dtype, std::string_view kind,
             std::source_location site = std::source_location::current());

} // namespace jit
#pragma GCC visibility pop
