// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// sin, cos and tan of what is too large for the reduction in Trig.h: element by element, in plain
// C++ for all emitters. Vectors go there only if one of their lanes has to.
#pragma once

#include "runtime/base/Export.h"

#include <cstdint>

namespace jit::scalar {

/// A function of elements for few lanes; result may be x.
template <class T> struct Outside {
  const char *name;
  void (*run)(const T *x, T *result, std::int64_t count) noexcept;
};

/// Up to here numbers are reduced by three parts of pi / 2.
inline constexpr double largest_angle = 0x1p18;

TRACEJIT_PRIVATE void sin_outside(const float *x, float *result, std::int64_t count) noexcept;
TRACEJIT_PRIVATE void sin_outside(const double *x, double *result, std::int64_t count) noexcept;
TRACEJIT_PRIVATE void cos_outside(const float *x, float *result, std::int64_t count) noexcept;
TRACEJIT_PRIVATE void cos_outside(const double *x, double *result, std::int64_t count) noexcept;
TRACEJIT_PRIVATE void tan_outside(const float *x, float *result, std::int64_t count) noexcept;
TRACEJIT_PRIVATE void tan_outside(const double *x, double *result, std::int64_t count) noexcept;

/// All of them, for code that must not hold their addresses: compiled kernels get the table.
inline constexpr int outside_functions = 6;
using OutsideFunction = void (*)();
TRACEJIT_PRIVATE extern const OutsideFunction outside_table[outside_functions];

} // namespace jit::scalar
