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

/// The bits of 2 / pi behind 64 zeros.
inline constexpr std::uint64_t two_over_pi[] = {
    0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041,
    0xfe5163abdebbc561, 0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e,
    0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b,
    0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
    0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab,
};

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
