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
  struct Philox {
    template <class E> auto operator()(E &e, typename E::I32 x, typename E::I32 y) const {
      auto words = scalar::philox<E>(e, {x, y, x, y}, {y, x});
      auto low = e.bit_xor(words[0], words[1]);
      auto high = e.bit_xor(words[2], words[3]);
      return e.sub(low, high);
    }
  };

  static inline const Kernel kernels[] = {
#define TRACEJIT_SCALAR_FORM(...) TRACEJIT_KERNEL(__VA_ARGS__),
#define TRACEJIT_SCALAR_CAST(result, operand) TRACEJIT_KERNEL(cast<result>, result, operand),
#include "runtime/ops/ScalarForms.inc"
#undef TRACEJIT_SCALAR_FORM
#undef TRACEJIT_SCALAR_CAST
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
