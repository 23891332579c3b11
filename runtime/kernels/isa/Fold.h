// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Vectors of accumulators and how they fold to one element: the tree of order `inner`.
#pragma once

#include "runtime/kernels/KernelTable.h"
#include "runtime/scalar/Basic.h"
#include "runtime/scalar/Simd.h"

namespace jit::TRACEJIT_ISA {

/// Accumulators of order `inner`.
template <class T> inline constexpr int inner_lanes = jit::inner_lanes(sizeof(T));

template <int lanes, class T, std::size_t... i, class V>
TRACEJIT_EMIT simd::Pack<T, lanes> part_of(V v, std::size_t from, std::index_sequence<i...>) {
  simd::Pack<T, lanes> r;
  if (from == 0)
    r.chunk[0] = __builtin_shufflevector(v, v, i...);
  else
    r.chunk[0] = __builtin_shufflevector(v, v, (i + sizeof...(i))...);
  return r;
}

/// Lanes [half * lanes / 2, (half + 1) * lanes / 2).
template <int half, class T, int lanes>
TRACEJIT_EMIT simd::Pack<T, lanes / 2> half_of(const simd::Pack<T, lanes> &x) {
  using Half = simd::Pack<T, lanes / 2>;
  if constexpr (simd::Pack<T, lanes>::chunks > 1) {
    Half r;
    for (int i = 0; i < Half::chunks; ++i)
      r.chunk[i] = x.chunk[half * Half::chunks + i];
    return r;
  } else {
    return part_of<lanes / 2, T>(x.chunk[0], half, std::make_index_sequence<lanes / 2>{});
  }
}

/// As fold_by_halves, in registers that become shorter.
template <class Combine, class T, int lanes> TRACEJIT_EMIT T fold(const simd::Pack<T, lanes> &x) {
  if constexpr (lanes == 2) {
    alignas(8) T both[2];
    simd::store_pack(both, x);
    simd::Emitter<1> e;
    auto r = Combine::apply(e, simd::load_pack<T, 1>(both), simd::load_pack<T, 1>(both + 1));
    return r.chunk[0][0];
  } else {
    simd::Emitter<lanes / 2> e;
    auto low = half_of<0>(x);
    auto high = half_of<1>(x);
    return fold<Combine>(Combine::apply(e, low, high));
  }
}

/// What reductions combine with; the neutral element changes no value.
struct Sum {
  template <class T> static constexpr T neutral = T(-0.0);
  template <class E, class V> TRACEJIT_EMIT static V apply(E &e, V x, V y) { return e.add(x, y); }
};
struct Product {
  template <class T> static constexpr T neutral = T(1);
  template <class E, class V> TRACEJIT_EMIT static V apply(E &e, V x, V y) { return e.mul(x, y); }
};
struct Max {
  template <class T> static constexpr T neutral = -std::numeric_limits<T>::infinity();
  template <class E, class V> TRACEJIT_EMIT static V apply(E &e, V x, V y) {
    return scalar::maximum(e, x, y);
  }
};
struct Min {
  template <class T> static constexpr T neutral = std::numeric_limits<T>::infinity();
  template <class E, class V> TRACEJIT_EMIT static V apply(E &e, V x, V y) {
    return scalar::minimum(e, x, y);
  }
};

/// Integers and bool: exact, so plain loops.
struct IntegerSum {
  template <class T> static T apply(T x, T y) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(static_cast<U>(x) + static_cast<U>(y)));
  }
};
struct IntegerProduct {
  template <class T> static T apply(T x, T y) {
    return static_cast<T>(static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(y));
  }
};
struct IntegerMax {
  template <class T> static T apply(T x, T y) { return x > y ? x : y; }
};
struct IntegerMin {
  template <class T> static T apply(T x, T y) { return x < y ? x : y; }
};

/// floats.template operator()<T>() and integers.template operator()<T>(dtype) for every dtype.
template <class Floats, class Integers>
void for_reduced_dtypes(const Floats &floats, const Integers &integers) noexcept {
  floats.template operator()<float>();
  floats.template operator()<double>();
  integers.template operator()<std::uint8_t>(DType::boolean);
  integers.template operator()<std::int8_t>(DType::i8);
  integers.template operator()<std::uint8_t>(DType::u8);
  integers.template operator()<std::int16_t>(DType::i16);
  integers.template operator()<std::uint16_t>(DType::u16);
  integers.template operator()<std::int32_t>(DType::i32);
  integers.template operator()<std::uint32_t>(DType::u32);
  integers.template operator()<std::int64_t>(DType::i64);
}

} // namespace jit::TRACEJIT_ISA
