// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The table of test loops; compiled for v3, for v4, and without an ISA for the plain emitter.
#include "test/unit/scalar/ScalarKernels.h"

#include "runtime/scalar/Functions.h"
#ifdef TRACEJIT_ISA
#include "runtime/scalar/Simd.h"
#define TRACEJIT_TEST_SPACE TRACEJIT_ISA
#else
#include "runtime/scalar/Plain.h"
#define TRACEJIT_TEST_SPACE plain
#endif

#include <tuple>

namespace jit::TRACEJIT_TEST_SPACE {
namespace {

using scalar_test::Kernel;

template <class Function> struct Call {
  template <class E, class... V> static auto apply(E &e, V... v) -> decltype(Function{}(e, v...)) {
    return Function{}(e, v...);
  }
};

template <int lanes> struct Table {
#ifdef TRACEJIT_ISA
  using Emitter = simd::Emitter<lanes>;
#else
  using Emitter = plain::Emitter;
#endif

  template <class Function, class R, class... T>
  static void run(const void *const *operand, void *out, std::size_t n) {
    run_over<Function, R, T...>(operand, static_cast<R *>(out), n, std::index_sequence_for<T...>{});
  }
  template <class Function, class R, class... T, std::size_t... k>
  static void run_over(const void *const *operand, R *out, std::size_t n,
                       std::index_sequence<k...>) {
    Emitter e;
    for (std::size_t i = 0; i < n; i += lanes) {
      using Last = std::tuple_element_t<sizeof...(T) - 1, std::tuple<T...>>;
      auto result = scalar::apply_to<Last, Call<Function>>(
          e, e.load(static_cast<const T *>(operand[k]) + i)...);
      e.store(out + i, result);
    }
  }
  template <class Function, class R, class... T> static constexpr Kernel kernel(const char *name) {
    return {name, int(sizeof...(T)), {dtype_of<T>...}, dtype_of<R>, run<Function, R, T...>};
  }

#define TRACEJIT_FUNCTION(name)                                                                    \
  decltype([](auto &e, auto... x) -> decltype(scalar::name(e, x...)) {                             \
    return scalar::name(e, x...);                                                                  \
  })
#define TRACEJIT_KERNEL(name, ...) kernel<TRACEJIT_FUNCTION(name), __VA_ARGS__>(#name)
#define TRACEJIT_COMPARISONS(T)                                                                    \
  TRACEJIT_KERNEL(equal, bool, T, T), TRACEJIT_KERNEL(not_equal, bool, T, T),                      \
      TRACEJIT_KERNEL(less, bool, T, T), TRACEJIT_KERNEL(less_equal, bool, T, T),                  \
      TRACEJIT_KERNEL(greater, bool, T, T), TRACEJIT_KERNEL(greater_equal, bool, T, T)
#define TRACEJIT_COMMON(T)                                                                         \
  TRACEJIT_KERNEL(negative, T, T), TRACEJIT_KERNEL(abs, T, T), TRACEJIT_KERNEL(sign, T, T),        \
      TRACEJIT_KERNEL(floor, T, T), TRACEJIT_KERNEL(square, T, T), TRACEJIT_KERNEL(relu, T, T),    \
      TRACEJIT_KERNEL(ceil, T, T), TRACEJIT_KERNEL(trunc, T, T), TRACEJIT_KERNEL(round, T, T),     \
      TRACEJIT_KERNEL(isfinite, bool, T), TRACEJIT_KERNEL(isinf, bool, T),                         \
      TRACEJIT_KERNEL(signbit, bool, T), TRACEJIT_KERNEL(isnan, bool, T),                          \
      TRACEJIT_KERNEL(add, T, T, T), TRACEJIT_KERNEL(subtract, T, T, T),                           \
      TRACEJIT_KERNEL(multiply, T, T, T), TRACEJIT_KERNEL(pow, T, T, T),                           \
      TRACEJIT_KERNEL(minimum, T, T, T), TRACEJIT_KERNEL(maximum, T, T, T),                        \
      TRACEJIT_COMPARISONS(T), TRACEJIT_KERNEL(where, T, bool, T, T),                              \
      TRACEJIT_KERNEL(clip, T, T, T, T), TRACEJIT_KERNEL(cast<bool>, bool, T),                     \
      TRACEJIT_KERNEL(cast<std::int8_t>, std::int8_t, T),                                          \
      TRACEJIT_KERNEL(cast<std::uint8_t>, std::uint8_t, T),                                        \
      TRACEJIT_KERNEL(cast<std::int16_t>, std::int16_t, T),                                        \
      TRACEJIT_KERNEL(cast<std::uint16_t>, std::uint16_t, T),                                      \
      TRACEJIT_KERNEL(cast<std::int32_t>, std::int32_t, T),                                        \
      TRACEJIT_KERNEL(cast<std::uint32_t>, std::uint32_t, T),                                      \
      TRACEJIT_KERNEL(cast<std::int64_t>, std::int64_t, T),                                        \
      TRACEJIT_KERNEL(cast<float>, float, T), TRACEJIT_KERNEL(cast<double>, double, T)
#define TRACEJIT_DIVISIONS(T)                                                                      \
  TRACEJIT_KERNEL(floor_divide, T, T, T), TRACEJIT_KERNEL(remainder, T, T, T)
#define TRACEJIT_FLOATS(T)                                                                         \
  TRACEJIT_KERNEL(sqrt, T, T), TRACEJIT_KERNEL(rsqrt, T, T), TRACEJIT_KERNEL(exp, T, T),           \
      TRACEJIT_KERNEL(log, T, T), TRACEJIT_KERNEL(tanh, T, T), TRACEJIT_KERNEL(sigmoid, T, T),     \
      TRACEJIT_KERNEL(erf, T, T), TRACEJIT_KERNEL(gelu, T, T), TRACEJIT_KERNEL(sin, T, T),         \
      TRACEJIT_KERNEL(cos, T, T), TRACEJIT_KERNEL(divide, T, T, T), TRACEJIT_KERNEL(expm1, T, T),  \
      TRACEJIT_KERNEL(log1p, T, T), TRACEJIT_KERNEL(exp2, T, T), TRACEJIT_KERNEL(log2, T, T),      \
      TRACEJIT_KERNEL(log10, T, T), TRACEJIT_KERNEL(atan, T, T), TRACEJIT_KERNEL(sinh, T, T),      \
      TRACEJIT_KERNEL(cosh, T, T), TRACEJIT_KERNEL(tan, T, T), TRACEJIT_KERNEL(asin, T, T),        \
      TRACEJIT_KERNEL(acos, T, T), TRACEJIT_KERNEL(asinh, T, T), TRACEJIT_KERNEL(acosh, T, T),     \
      TRACEJIT_KERNEL(atanh, T, T), TRACEJIT_KERNEL(erfc, T, T), TRACEJIT_KERNEL(atan2, T, T, T),  \
      TRACEJIT_KERNEL(hypot, T, T, T), TRACEJIT_KERNEL(logaddexp, T, T, T), TRACEJIT_DIVISIONS(T), \
      TRACEJIT_KERNEL(copysign, T, T, T), TRACEJIT_KERNEL(nextafter, T, T, T),                     \
      TRACEJIT_KERNEL(reciprocal, T, T), TRACEJIT_KERNEL(silu, T, T),                              \
      TRACEJIT_KERNEL(hardsigmoid, T, T), TRACEJIT_KERNEL(hardswish, T, T),                        \
      TRACEJIT_KERNEL(gelu_tanh, T, T), TRACEJIT_KERNEL(softsign, T, T),                           \
      TRACEJIT_KERNEL(softplus, T, T), TRACEJIT_KERNEL(log_sigmoid, T, T),                         \
      TRACEJIT_KERNEL(mish, T, T), TRACEJIT_KERNEL(elu, T, T, T),                                  \
      TRACEJIT_KERNEL(bce_with_logits, T, T, T), TRACEJIT_KERNEL(leaky_relu, T, T, T),             \
      TRACEJIT_KERNEL(xlogy, T, T, T), TRACEJIT_KERNEL(lerp, T, T, T, T),                          \
      TRACEJIT_KERNEL(smooth_l1, T, T, T, T)
#define TRACEJIT_BITS(T)                                                                           \
  TRACEJIT_KERNEL(bitwise_and, T, T, T), TRACEJIT_KERNEL(bitwise_or, T, T, T),                     \
      TRACEJIT_KERNEL(bitwise_xor, T, T, T), TRACEJIT_KERNEL(bitwise_invert, T, T)
#define TRACEJIT_SHIFTS(T)                                                                         \
  TRACEJIT_KERNEL(left_shift, T, T, T), TRACEJIT_KERNEL(right_shift, T, T, T)

#define TRACEJIT_INTEGERS(T)                                                                       \
  TRACEJIT_COMMON(T), TRACEJIT_BITS(T), TRACEJIT_SHIFTS(T), TRACEJIT_DIVISIONS(T)

  struct Philox {
    template <class E> auto operator()(E &e, typename E::I32 x, typename E::I32 y) const {
      auto words = scalar::philox<E>(e, {x, y, x, y}, {y, x});
      auto low = e.bit_xor(words[0], words[1]);
      auto high = e.bit_xor(words[2], words[3]);
      return e.sub(low, high);
    }
  };

  static inline const Kernel kernels[] = {
      TRACEJIT_COMMON(bool),
      TRACEJIT_INTEGERS(std::int8_t),
      TRACEJIT_INTEGERS(std::uint8_t),
      TRACEJIT_INTEGERS(std::int16_t),
      TRACEJIT_INTEGERS(std::uint16_t),
      TRACEJIT_INTEGERS(std::int32_t),
      TRACEJIT_INTEGERS(std::uint32_t),
      TRACEJIT_INTEGERS(std::int64_t),
      TRACEJIT_COMMON(float),
      TRACEJIT_COMMON(double),
      TRACEJIT_FLOATS(float),
      TRACEJIT_FLOATS(double),
      TRACEJIT_KERNEL(logical_and, bool, bool, bool),
      TRACEJIT_KERNEL(logical_or, bool, bool, bool),
      TRACEJIT_KERNEL(logical_xor, bool, bool, bool),
      TRACEJIT_BITS(bool),
      TRACEJIT_KERNEL(logical_not, bool, bool),
      TRACEJIT_KERNEL(mulhi_unsigned, std::int64_t, std::int64_t, std::int64_t),
      kernel<Philox, std::int32_t, std::int32_t, std::int32_t>("philox"),
  };
};

} // namespace

#ifdef TRACEJIT_ISA
std::span<const Kernel> test_kernels(int lanes) {
  return lanes == 8 ? std::span<const Kernel>(Table<8>::kernels) : Table<32>::kernels;
}
#else
std::span<const Kernel> test_kernels() { return Table<1>::kernels; }
#endif

} // namespace jit::TRACEJIT_TEST_SPACE
