// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// simd::Emitter: elements computed at once by the vector instructions of one ISA level, for eager
// kernels. Compiled once per level, in that level's namespace.
#pragma once

#include "runtime/scalar/Fallback.h"
#include "runtime/scalar/Native.h"

namespace jit::TRACEJIT_ISA::simd {

template <int lane_count> class Emitter {
public:
  static constexpr int lanes = lane_count;
  template <class T> using P = Pack<T, lanes>;
  using F32 = P<float>;
  using F64 = P<double>;
  using I32 = P<std::int32_t>;
  using I64 = P<std::int64_t>;
  using M32 = Mask<std::int32_t, lanes>;
  using M64 = Mask<std::int64_t, lanes>;

  TRACEJIT_EMIT F32 f32(float c) const { return broadcast<float, lanes>(c); }
  TRACEJIT_EMIT F64 f64(double c) const { return broadcast<double, lanes>(c); }
  TRACEJIT_EMIT I32 i32(std::int32_t c) const { return broadcast<std::int32_t, lanes>(c); }
  TRACEJIT_EMIT I64 i64(std::int64_t c) const { return broadcast<std::int64_t, lanes>(c); }

#define TRACEJIT_BINARY(name, op)                                                                  \
  template <class T> TRACEJIT_EMIT P<T> name(P<T> x, P<T> y) const {                               \
    return each<P<T>>([](auto a, auto b) { return wrapping<T>(a) op wrapping<T>(b); }, x, y);      \
  }
  TRACEJIT_BINARY(add, +)
  TRACEJIT_BINARY(sub, -)
  TRACEJIT_BINARY(mul, *)
  TRACEJIT_BINARY(div, /)
  TRACEJIT_BINARY(bit_and, &)
  TRACEJIT_BINARY(bit_or, |)
  TRACEJIT_BINARY(bit_xor, ^)
#undef TRACEJIT_BINARY

#define TRACEJIT_COMPARE(name, op)                                                                 \
  template <class T> TRACEJIT_EMIT auto name(P<T> x, P<T> y) const {                               \
    using M = Mask<Bits<T>, lanes>;                                                                \
    return M{each<P<Bits<T>>>([](auto a, auto b) { return a op b; }, x, y)};                       \
  }
  TRACEJIT_COMPARE(eq, ==)
  TRACEJIT_COMPARE(ne, !=)
  TRACEJIT_COMPARE(lt, <)
  TRACEJIT_COMPARE(le, <=)
#undef TRACEJIT_COMPARE

  template <class T> TRACEJIT_EMIT P<T> fma(P<T> a, P<T> b, P<T> c) const {
    return each<P<T>>([](auto p, auto q, auto r) { return native_fma(p, q, r); }, a, b, c);
  }
  template <std::floating_point T> TRACEJIT_EMIT P<T> neg(P<T> x) const {
    return each<P<T>>([](auto a) { return -a; }, x);
  }
  template <std::floating_point T> TRACEJIT_EMIT P<T> abs(P<T> x) const {
    auto bits = to_bits(x);
    auto magnitude =
        each<decltype(bits)>([](auto a) { return a & std::numeric_limits<Bits<T>>::max(); }, bits);
    return from_bits(magnitude);
  }
  template <std::floating_point T> TRACEJIT_EMIT P<T> sqrt(P<T> x) const {
    return each<P<T>>([](auto a) { return native_sqrt(a); }, x);
  }
  template <std::floating_point T> TRACEJIT_EMIT P<T> floor(P<T> x) const {
    return each<P<T>>([](auto a) { return native_floor(a); }, x);
  }
  template <std::floating_point T> TRACEJIT_EMIT P<T> trunc(P<T> x) const {
    return each<P<T>>([](auto a) { return native_trunc(a); }, x);
  }
  template <std::floating_point T> TRACEJIT_EMIT P<T> rint(P<T> x) const {
    return each<P<T>>([](auto a) { return native_rint(a); }, x);
  }

  template <class T> TRACEJIT_EMIT P<T> select(Mask<Bits<T>, lanes> m, P<T> x, P<T> y) const {
    return each<P<T>>([](auto c, auto a, auto b) { return c ? a : b; }, m.bits, x, y);
  }
  template <class T>
  TRACEJIT_EMIT Mask<T, lanes> bit_and(Mask<T, lanes> x, Mask<T, lanes> y) const {
    return {bit_and(x.bits, y.bits)};
  }
  template <class T> TRACEJIT_EMIT Mask<T, lanes> bit_or(Mask<T, lanes> x, Mask<T, lanes> y) const {
    return {bit_or(x.bits, y.bits)};
  }
  template <class T>
  TRACEJIT_EMIT Mask<T, lanes> bit_xor(Mask<T, lanes> x, Mask<T, lanes> y) const {
    return {bit_xor(x.bits, y.bits)};
  }
  template <class T> TRACEJIT_EMIT Mask<T, lanes> bit_not(Mask<T, lanes> x) const {
    return {each<P<T>>([](auto a) { return ~a; }, x.bits)};
  }

  template <std::integral T> TRACEJIT_EMIT P<T> shl(P<T> x, int n) const {
    return each<P<T>>([n](auto a) { return wrapping<T>(a) << n; }, x);
  }
  template <std::integral T> TRACEJIT_EMIT P<T> lshr(P<T> x, int n) const {
    return each<P<T>>([n](auto a) { return wrapping<T>(a) >> n; }, x);
  }
  template <std::integral T> TRACEJIT_EMIT P<T> ashr(P<T> x, int n) const {
    return each<P<T>>([n](auto a) { return a >> n; }, x);
  }
  template <std::integral T> TRACEJIT_EMIT P<T> shl(P<T> x, P<T> n) const {
    return each<P<T>>([](auto a, auto b) { return wrapping<T>(a) << wrapping<T>(b); }, x, n);
  }
  template <std::integral T> TRACEJIT_EMIT P<T> ashr(P<T> x, P<T> n) const {
    return each<P<T>>([](auto a, auto b) { return a >> b; }, x, n);
  }
  TRACEJIT_EMIT I64 quotient(I64 x, I64 y) const {
    return each<I64>([](auto a, auto b) { return a / b; }, x, y);
  }
  template <std::floating_point T> TRACEJIT_EMIT P<Bits<T>> to_bits(P<T> x) const {
    return __builtin_bit_cast(P<Bits<T>>, x);
  }
  TRACEJIT_EMIT F32 from_bits(I32 x) const { return __builtin_bit_cast(F32, x); }
  TRACEJIT_EMIT F64 from_bits(I64 x) const { return __builtin_bit_cast(F64, x); }
  TRACEJIT_EMIT I32 mulhi(I32 x, I32 y) const {
    return each<I32>([](auto a, auto b) { return native_mulhi(a, b); }, x, y);
  }

#ifdef TRACEJIT_ISA_v4
  template <std::floating_point T> TRACEJIT_EMIT P<T> ldexp(P<T> x, P<T> shifted) const {
    auto n = sub(shifted, broadcast<T, lanes>(scalar::Format<Emitter, P<T>>::ldexp_shift));
    return each<P<T>>([](auto a, auto b) { return native_scalef(a, b); }, x, n);
  }
  template <std::floating_point T> TRACEJIT_EMIT std::pair<P<T>, P<T>> split(P<T> x) const {
    auto mantissa = each<P<T>>([](auto a) { return native_getmant(a); }, x);
    auto whole = each<P<T>>([](auto a) { return native_getexp(a); }, x);
    // getexp counts from mantissas in [1, 2); those in [3/4, 1) belong to the next power.
    auto below = each<P<T>>([](auto a) { return native_getexp(a); }, mantissa);
    auto exponent = sub(whole, below);
    return {mantissa, exponent};
  }
#else
  template <std::floating_point T> TRACEJIT_EMIT P<T> ldexp(P<T> x, P<T> shifted) const {
    return scalar::ldexp_by_halves(*this, x, shifted);
  }
  template <std::floating_point T> TRACEJIT_EMIT std::pair<P<T>, P<T>> split(P<T> x) const {
    return scalar::split_by_bits(*this, x);
  }
#endif
  template <class T>
  TRACEJIT_EMIT P<T> rarely(Mask<Bits<T>, lanes> m, P<T> x, const auto &outside, auto near) const {
    if (!any<Bits<T>, lanes>(m)) [[likely]]
      return near();
    alignas(64) T elements[lanes];
    __builtin_memcpy(elements, &x, sizeof elements);
    outside.run(elements, elements, lanes);
    __builtin_memcpy(&x, elements, sizeof elements);
    return x;
  }
  template <class T, int n> TRACEJIT_EMIT P<T> lookup(P<Bits<T>> index, const T (&table)[n]) const {
    return each<P<T>>([&](auto i) { return native_lookup(i, table); }, index);
  }

  template <class T> TRACEJIT_EMIT F64 to_f64(P<T> x) const { return convert<double>(x); }
  template <class T> TRACEJIT_EMIT F32 to_f32(P<T> x) const { return convert<float>(x); }
  template <class T> TRACEJIT_EMIT I32 to_i32(P<T> x) const { return convert<std::int32_t>(x); }
  template <class T> TRACEJIT_EMIT I64 to_i64(P<T> x) const { return convert<std::int64_t>(x); }
  TRACEJIT_EMIT M64 to_m64(M32 m) const { return {convert<std::int64_t>(m.bits)}; }
  TRACEJIT_EMIT M32 to_m32(M64 m) const { return {convert<std::int32_t>(m.bits)}; }

  /// The elements at an address of any alignment, widened to the lanes of their dtype.
  template <class T> TRACEJIT_EMIT auto load(const T *p) const {
    if constexpr (std::same_as<T, bool>)
      return ne(widen<std::int32_t, lanes>(reinterpret_cast<const std::uint8_t *>(p)), i32(0));
    else
      return widen<typename scalar::Value<Emitter, T>::Element, lanes>(p);
  }
  /// All lanes to an address of any alignment, of integers the low bits.
  template <class T> TRACEJIT_EMIT void store(T *p, scalar::Value<Emitter, T> x) const {
    if constexpr (std::same_as<T, bool>)
      narrow(reinterpret_cast<std::uint8_t *>(p), bit_and(x.bits, i32(1)));
    else
      narrow(p, x);
  }
};

} // namespace jit::TRACEJIT_ISA::simd
