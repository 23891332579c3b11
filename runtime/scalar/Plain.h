// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An emitter that computes one lane at once with plain C++: constant evaluation, joins of few
// values, the interpreter and the tests. Needs no instruction beyond baseline x86-64.
#pragma once

#include "runtime/scalar/Fallback.h"

#include <bit>
#include <cmath>

namespace jit::plain {

/// One element; the types stay distinct, unlike the C++ types inside.
template <class T, class Tag = T> struct Lane {
  T value;
};

class Emitter {
public:
  using F32 = Lane<float>;
  using F64 = Lane<double>;
  using I32 = Lane<std::int32_t>;
  using I64 = Lane<std::int64_t>;
  using M32 = Lane<bool, float>;
  using M64 = Lane<bool, double>;

private:
  template <class T> static auto wrap(Lane<T> x) {
    if constexpr (std::integral<T>)
      return static_cast<std::make_unsigned_t<T>>(x.value);
    else
      return x.value;
  }
  template <class T> static auto mask(bool holds) {
    return std::conditional_t<sizeof(T) == 4, M32, M64>{holds};
  }

public:
  F32 f32(float c) const { return {c}; }
  F64 f64(double c) const { return {c}; }
  I32 i32(std::int32_t c) const { return {c}; }
  I64 i64(std::int64_t c) const { return {c}; }

  template <class T> Lane<T> add(Lane<T> x, Lane<T> y) const { return {T(wrap(x) + wrap(y))}; }
  template <class T> Lane<T> sub(Lane<T> x, Lane<T> y) const { return {T(wrap(x) - wrap(y))}; }
  template <class T> Lane<T> mul(Lane<T> x, Lane<T> y) const { return {T(wrap(x) * wrap(y))}; }
  template <std::floating_point T> Lane<T> div(Lane<T> x, Lane<T> y) const {
    return {x.value / y.value};
  }
  template <std::floating_point T> Lane<T> fma(Lane<T> a, Lane<T> b, Lane<T> c) const {
    return {std::fma(a.value, b.value, c.value)};
  }
  template <std::floating_point T> Lane<T> neg(Lane<T> x) const { return {-x.value}; }
  template <std::floating_point T> Lane<T> abs(Lane<T> x) const { return {std::fabs(x.value)}; }
  template <std::floating_point T> Lane<T> sqrt(Lane<T> x) const { return {std::sqrt(x.value)}; }
  template <std::floating_point T> Lane<T> floor(Lane<T> x) const { return {std::floor(x.value)}; }
  template <std::floating_point T> Lane<T> trunc(Lane<T> x) const { return {std::trunc(x.value)}; }
  template <std::floating_point T> Lane<T> rint(Lane<T> x) const { return {std::rint(x.value)}; }

  template <class T> auto eq(Lane<T> x, Lane<T> y) const { return mask<T>(x.value == y.value); }
  template <class T> auto ne(Lane<T> x, Lane<T> y) const { return mask<T>(x.value != y.value); }
  template <class T> auto lt(Lane<T> x, Lane<T> y) const { return mask<T>(x.value < y.value); }
  template <class T> auto le(Lane<T> x, Lane<T> y) const { return mask<T>(x.value <= y.value); }

  template <class T> Lane<T> select(M32 m, Lane<T> x, Lane<T> y) const {
    static_assert(sizeof(T) == 4);
    return m.value ? x : y;
  }
  template <class T> Lane<T> select(M64 m, Lane<T> x, Lane<T> y) const {
    static_assert(sizeof(T) == 8);
    return m.value ? x : y;
  }
  template <class T, class G> Lane<T, G> bit_and(Lane<T, G> x, Lane<T, G> y) const {
    return {T(x.value & y.value)};
  }
  template <class T, class G> Lane<T, G> bit_or(Lane<T, G> x, Lane<T, G> y) const {
    return {T(x.value | y.value)};
  }
  template <class T, class G> Lane<T, G> bit_xor(Lane<T, G> x, Lane<T, G> y) const {
    return {T(x.value ^ y.value)};
  }
  template <class G> Lane<bool, G> bit_not(Lane<bool, G> x) const { return {!x.value}; }

  template <std::integral T> Lane<T> shl(Lane<T> x, int n) const { return {T(wrap(x) << n)}; }
  template <std::integral T> Lane<T> lshr(Lane<T> x, int n) const { return {T(wrap(x) >> n)}; }
  template <std::integral T> Lane<T> ashr(Lane<T> x, int n) const { return {T(x.value >> n)}; }
  template <std::integral T> Lane<T> shl(Lane<T> x, Lane<T> n) const {
    return shl(x, int(n.value));
  }
  template <std::integral T> Lane<T> ashr(Lane<T> x, Lane<T> n) const {
    return ashr(x, int(n.value));
  }
  I64 quotient(I64 x, I64 y) const { return {x.value / y.value}; }
  I32 to_bits(F32 x) const { return {std::bit_cast<std::int32_t>(x.value)}; }
  I64 to_bits(F64 x) const { return {std::bit_cast<std::int64_t>(x.value)}; }
  F32 from_bits(I32 x) const { return {std::bit_cast<float>(x.value)}; }
  F64 from_bits(I64 x) const { return {std::bit_cast<double>(x.value)}; }
  I32 mulhi(I32 x, I32 y) const {
    return {std::int32_t((std::uint64_t{wrap(x)} * std::uint64_t{wrap(y)}) >> 32)};
  }

  template <std::floating_point T> Lane<T> ldexp(Lane<T> x, Lane<T> shifted) const {
    return scalar::ldexp_by_halves(*this, x, shifted);
  }
  template <std::floating_point T> std::pair<Lane<T>, Lane<T>> split(Lane<T> x) const {
    return scalar::split_by_bits(*this, x);
  }
  template <class T, class M> Lane<T> rarely(M m, Lane<T> x, const auto &outside, auto near) const {
    if (!m.value)
      return near();
    outside.run(&x.value, &x.value, 1);
    return x;
  }
  F32 lookup(I32 index, const float (&table)[8]) const { return {table[index.value]}; }
  F64 lookup(I64 index, const double (&table)[16]) const { return {table[index.value]}; }

  template <class T> F64 to_f64(Lane<T> x) const { return {static_cast<double>(x.value)}; }
  template <class T> F32 to_f32(Lane<T> x) const { return {static_cast<float>(x.value)}; }
  template <class T> I32 to_i32(Lane<T> x) const { return {static_cast<std::int32_t>(x.value)}; }
  template <class T> I64 to_i64(Lane<T> x) const { return {static_cast<std::int64_t>(x.value)}; }
  M64 to_m64(M32 m) const { return {m.value}; }
  M32 to_m32(M64 m) const { return {m.value}; }

  /// The element at an address as the value of its dtype, and back.
  template <class T> scalar::Value<Emitter, T> load(const T *p) const { return {*p}; }
  template <class T> void store(T *p, scalar::Value<Emitter, T> x) const {
    *p = static_cast<T>(x.value);
  }
};

static_assert(scalar::Emitter<Emitter>);

} // namespace jit::plain
