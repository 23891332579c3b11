// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Conversions between dtypes: plain loops, which the compiler turns into vectors. Every conversion
// is exact or rounds once, so there is nothing an emitter would add.
#pragma once

#include "runtime/base/WithDType.h"
#include "runtime/kernels/KernelTable.h"

#include <limits>

namespace jit::TRACEJIT_ISA {

/// Floats truncate and saturate, NaN is 0 as an integer and true as a bool; integers wrap.
template <class To, class From> [[gnu::always_inline]] inline To converted(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    using L = std::numeric_limits<To>;
    constexpr int value_bits = L::digits;
    constexpr From low = static_cast<From>(L::min());
    constexpr From high = From(2) * From(std::uint64_t{1} << (value_bits - 1)); // exclusive
    using Wide = std::conditional_t < value_bits<32, std::int32_t, std::int64_t>;
    const From inside = x > low && x < high ? x : From(0);
    const To value = static_cast<To>(static_cast<Wide>(inside));
    return x >= high ? L::max() : x <= low ? L::min() : value;
  } else {
    return static_cast<To>(x);
  }
}

template <class To, class From>
void convert(std::byte *to, const std::byte *from, std::ptrdiff_t stride, std::size_t count) {
  auto *target = reinterpret_cast<To *>(to);
  const auto *source = reinterpret_cast<const From *>(from);
  if (stride == 1) {
    if constexpr (std::is_same_v<To, From>)
      __builtin_memcpy(target, source, count * sizeof(To));
    else
      for (std::size_t i = 0; i < count; ++i)
        target[i] = converted<To>(source[i]);
  } else if (stride == 0) {
    const To value = converted<To>(*source);
    for (std::size_t i = 0; i < count; ++i)
      target[i] = value;
  } else {
    for (std::size_t i = 0; i < count; ++i)
      target[i] = converted<To>(source[static_cast<std::ptrdiff_t>(i) * stride]);
  }
}

/// Whether copies need this, and not only ops that compute: kernels read all indices as i64.
template <class To, class From>
inline constexpr bool is_copied =
    std::is_same_v<To, From> || (std::is_same_v<To, std::int64_t> && std::is_integral_v<From>);

/// f(std::type_identity<T>()) for every dtype.
template <class F> void for_dtypes(F f) {
  for (int dtype = 0; dtype < dtype_count; ++dtype)
    if (static_cast<DType>(dtype) != DType::f16 && static_cast<DType>(dtype) != DType::bf16)
      with_dtype(static_cast<DType>(dtype), f);
}

} // namespace jit::TRACEJIT_ISA
