// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The arguments of the kernels of eager elementwise ops.
#pragma once

#include "runtime/cuda/FamilyText.h"

#include <bit>
#include <cstdint>

namespace jit::gpu {

// The number of operands is max_operands, that of axes max_axes.
inline constexpr unsigned max_operands = 3, max_axes = 8;

/// Where operands of a contiguous kernel come from.
enum Source : unsigned {
  elements,    ///< of the kernel's dtype, as many as the result has, in its order
  one_element, ///< in memory
  a_number,    ///< its bits in `number`, converted to the kernel's dtype
};
/// Where those of a strided kernel do: an enumerator of DType, that of their memory, or a number.
inline constexpr unsigned strided_number = 255;

/// Kernels FUNCTION_DTYPE_c. `aligned`: the result and all elements begin at multiples of 16 bytes.
TRACEJIT_FAMILY_ARGS(ContiguousArgs, {
  void *result;
  const void *operand[3];
  unsigned long long number[3];
  unsigned long long count;
  unsigned source[3];
  unsigned aligned;
})

/// Kernels FUNCTION_DTYPE_s: `count` and every offset in elements below 2^31. The result is
/// contiguous; axes of extent 1 do no harm. magic and shift: division_by(extent).
TRACEJIT_FAMILY_ARGS(StridedArgs, {
  void *result;
  const void *operand[3];
  unsigned long long number[3];
  unsigned count;
  unsigned rank;
  unsigned source[3];
  unsigned extent[8];
  unsigned magic[8];
  unsigned shift[8];
  int stride[3][8];
})

/// Kernels FUNCTION_DTYPE_S: the same beyond.
TRACEJIT_FAMILY_ARGS(WideStridedArgs, {
  void *result;
  const void *operand[3];
  unsigned long long number[3];
  unsigned long long count;
  unsigned rank;
  unsigned source[3];
  unsigned long long extent[8];
  unsigned long long magic[8];
  unsigned shift[8];
  long long stride[3][8];
})

/// x / divisor = (high half of x * magic + x) >> shift, for x below half of the range of T
/// (unsigned of 32 or 64 bits) and divisors that are no greater. Granlund and Montgomery, "Division
/// by invariant integers using multiplication" (PLDI 1994).
template <class T> struct Division {
  T magic;
  unsigned shift;
};
template <class T> constexpr Division<T> division_by(T divisor) noexcept {
  __extension__ using Wide = unsigned __int128;
  constexpr unsigned bits = 8 * sizeof(T);
  const auto shift = static_cast<unsigned>(std::bit_width(static_cast<T>(divisor - 1)));
  const Wide power = Wide{1} << shift;
  return {static_cast<T>(((power - divisor) << bits) / divisor + 1), shift};
}

} // namespace jit::gpu
