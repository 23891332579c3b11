// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The inner loop of elementwise ops, made from an element function for each compute dtype. The
// functions are those of the op table: a new one needs no line here.
#pragma once

#include "runtime/kernels/KernelTable.h"
#include "runtime/scalar/Calls.h"
#include "runtime/scalar/Simd.h"

namespace jit::TRACEJIT_ISA {

/// Lanes of one vector in which elements of type T are computed.
template <class T>
inline constexpr int narrow_lanes =
    simd::vector_bytes / int(itemsize(scalar::lane_dtype(dtype_of<T>)) < 4
                                 ? 4
                                 : itemsize(scalar::lane_dtype(dtype_of<T>)));
/// Vectors of the main loop. Two, whose instructions interleave, hide the latency of chains; the
/// long ones of functions are 3 to 15 % faster with four, but not with AVX-512.
template <class T> constexpr int vectors_at_once(ScalarFunction function) {
  const bool is_short = simd::vector_bytes < 64;
  return is_short && std::floating_point<T> && is_transcendental(function) ? 4 : 2;
}

/// Computes in T, which decides how many lanes fit in a vector.
template <class T, int vectors, class Function, class... Operand> struct Elements {
  template <int lanes> using Emit = simd::Emitter<lanes>;
  static constexpr int count = sizeof...(Operand);
  static constexpr int narrow = narrow_lanes<T>, wide = vectors * narrow;

  template <int lanes> static auto value() {
    Emit<lanes> e;
    return scalar::apply_to<T, Function>(e, scalar::Value<Emit<lanes>, Operand>{}...);
  }
  static constexpr bool is_truth =
      std::same_as<decltype(value<narrow>()), typename Emit<narrow>::M32>;
  using Result = std::conditional_t<is_truth, bool, T>;
  using Indices = std::make_index_sequence<sizeof...(Operand)>;

  template <int lanes, std::size_t... i>
  TRACEJIT_EMIT static void step(std::byte *const *at, std::index_sequence<i...>) {
    Emit<lanes> e;
    auto result =
        scalar::apply_to<T, Function>(e, e.load(reinterpret_cast<const Operand *>(at[i + 1]))...);
    e.store(reinterpret_cast<Result *>(at[0]), result);
  }

  /// The element that stands for all, `lanes` times.
  template <int lanes>
  TRACEJIT_EMIT static void repeat(std::byte *to, const std::byte *from, std::size_t size) {
    for (int lane = 0; lane < lanes; ++lane)
      __builtin_memcpy(to + lane * size, from, size);
  }

  /// What is left behind whole vectors is computed as the last whole vector, before anything is
  /// stored: the result may lie where an operand does.
  [[gnu::noinline]] static void run_ragged(std::byte *const *pointers, std::size_t n,
                                           const ScalarArgs *args) {
    static constexpr std::size_t sizes[] = {sizeof(Result), sizeof(Operand)...};
    alignas(64) std::byte last[narrow * sizeof(double)];
    alignas(64) std::byte repeated[count][narrow * sizeof(double)];
    std::byte *at[count + 1] = {last};
    for (int i = 1; i <= count; ++i)
      if (args->broadcast >> (i - 1) & 1) {
        repeat<narrow>(repeated[i - 1], pointers[i], sizes[i]);
        at[i] = repeated[i - 1];
      } else {
        at[i] = pointers[i] + sizes[i] * (n - narrow);
      }
    step<narrow>(at, Indices{});
    run(pointers, n - n % narrow, args);
    __builtin_memcpy(pointers[0] + sizes[0] * (n - narrow), last, narrow * sizes[0]);
  }

  static void run(std::byte *const *pointers, std::size_t n, const ScalarArgs *args) {
    if (n > narrow && n % narrow != 0)
      return run_ragged(pointers, n, args);
    static constexpr std::size_t sizes[] = {sizeof(Result), sizeof(Operand)...};
    alignas(64) std::byte repeated[count][wide * sizeof(double)];
    alignas(64) std::byte rest[count + 1][narrow * sizeof(double)];
    std::byte *at[count + 1] = {pointers[0]};
    std::size_t advance[count + 1] = {sizes[0]};
    for (int i = 1; i <= count; ++i) {
      at[i] = pointers[i];
      advance[i] = sizes[i];
      if (args->broadcast >> (i - 1) & 1) {
        repeat<wide>(repeated[i - 1], pointers[i], sizes[i]);
        at[i] = repeated[i - 1];
        advance[i] = 0;
      }
    }
    for (; n >= wide; n -= wide) {
      step<wide>(at, Indices{});
      for (int i = 0; i <= count; ++i)
        at[i] += advance[i] * wide;
    }
    std::byte *end = nullptr; // of the result, once its rest goes through a buffer
    while (n > 0) {
      if (n < narrow) {
        for (int i = 1; i <= count; ++i)
          if (advance[i] != 0) {
            __builtin_memset(rest[i], 0, narrow * sizes[i]);
            __builtin_memcpy(rest[i], at[i], n * sizes[i]);
            at[i] = rest[i];
          }
        end = at[0];
        at[0] = rest[0];
      }
      step<narrow>(at, Indices{});
      if (end != nullptr) {
        __builtin_memcpy(end, rest[0], n * sizes[0]);
        return;
      }
      for (int i = 0; i <= count; ++i)
        at[i] += advance[i] * narrow;
      n -= narrow;
    }
  }
};

// Every dtype that a record names has a form of the function; without one a loop would be missing.
using AnyLanes = simd::Emitter<narrow_lanes<float>>;
#define TRACEJIT_SCALAR_FORM(name, result, ...)                                                    \
  static_assert(scalar::Applies<scalar::functions::name##_function, AnyLanes, __VA_ARGS__>);
#define TRACEJIT_SCALAR_CAST(result, operand)                                                      \
  static_assert(                                                                                   \
      requires(AnyLanes e, scalar::Value<AnyLanes, operand> x) { scalar::cast<result>(e, x); });
#include "runtime/ops/ScalarForms.inc"
#undef TRACEJIT_SCALAR_FORM
#undef TRACEJIT_SCALAR_CAST

template <class Function, class... Operand>
concept Applies = scalar::Applies<Function, AnyLanes, Operand...>;

template <class Function, class T, int vectors> constexpr ElementLoop loop_for() {
  if constexpr (Applies<Function, T>)
    return Elements<T, vectors, Function, T>::run;
  else if constexpr (Applies<Function, T, T>)
    return Elements<T, vectors, Function, T, T>::run;
  else if constexpr (Applies<Function, bool, T, T>) // where; bool is no other function's operand
    return Elements<T, vectors, Function, bool, T, T>::run;
  else if constexpr (Applies<Function, T, T, T>)
    return Elements<T, vectors, Function, T, T, T>::run;
  else
    return nullptr;
}

/// Loops of the functions that look at the type of narrow integers: the others are computed in the
/// dtype of their lanes.
template <class Function, class T, int vectors> constexpr ElementLoop narrow_loop_for() {
  using E = simd::Emitter<narrow_lanes<T>>;
  using V = scalar::Value<E, T>;
  if constexpr (requires(E e, V v) { Function::apply(e, v, v, scalar::Narrow<T>()); })
    return Elements<T, vectors, Function, T, T>::run;
  else
    return nullptr;
}

template <class T> void add_narrow_elements_of(KernelTable &table) noexcept {
#define TRACEJIT_SCALAR_FUNCTION(name)                                                             \
  table.element[slot(ScalarFunction::name)][slot(dtype_of<T>)] =                                   \
      narrow_loop_for<scalar::functions::name##_function, T, 2>();
#include "runtime/ops/ScalarFunctions.inc"
#undef TRACEJIT_SCALAR_FUNCTION
}

template <class T> void add_elements_of(KernelTable &table) noexcept {
#define TRACEJIT_SCALAR_FUNCTION(name)                                                             \
  table.element[slot(ScalarFunction::name)][slot(dtype_of<T>)] =                                   \
      loop_for<scalar::functions::name##_function, T, vectors_at_once<T>(ScalarFunction::name)>();
#include "runtime/ops/ScalarFunctions.inc"
#undef TRACEJIT_SCALAR_FUNCTION
}

} // namespace jit::TRACEJIT_ISA
