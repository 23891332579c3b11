// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lanes as compiler vectors of the chosen ISA: values of simd::Emitter, loads and stores.
// TRACEJIT_ISA names the namespace, so that no inline code is shared between ISA levels.
#pragma once

#include "runtime/scalar/Emitter.h"

#include <cstddef>

#if defined(TRACEJIT_ISA_v4) || defined(TRACEJIT_ISA_v3)
#include <immintrin.h>
#else
#error "Simd code is compiled once per ISA: define TRACEJIT_ISA and TRACEJIT_ISA_v3 or _v4"
#endif

namespace jit::TRACEJIT_ISA::simd {

#ifdef TRACEJIT_ISA_v4
inline constexpr int vector_bytes = 64;
#else
inline constexpr int vector_bytes = 32;
#endif

/// A compiler vector of n elements.
template <class T, int n> struct VectorOf {
  using Type [[gnu::vector_size(n * sizeof(T))]] = T;
};
template <class T, int n> using Vector = typename VectorOf<T, n>::Type;

/// `lanes` elements in as many full vectors as they need, which advance together: more than one
/// vector interleaves the instructions of two independent chains.
template <class T, int lanes> struct Pack {
  static constexpr int chunk_lanes =
      lanes < vector_bytes / int(sizeof(T)) ? lanes : vector_bytes / int(sizeof(T));
  static constexpr int chunks = lanes / chunk_lanes;
  using Element = T;
  using Chunk = Vector<T, chunk_lanes>;
  Chunk chunk[chunks];
};

/// The integer of T's width.
template <class T> using Bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

/// A mask as integers of the element's width that are 0 or -1.
template <class T, int lanes> struct Mask {
  Pack<T, lanes> bits;
};

/// f applied chunk by chunk.
template <class R, class F, class... P> TRACEJIT_EMIT R each(F f, const P &...operand) {
  R result;
  for (int i = 0; i < R::chunks; ++i)
    result.chunk[i] = (typename R::Chunk)f(operand.chunk[i]...);
  return result;
}

template <class To, std::size_t... i, class From>
TRACEJIT_EMIT auto low_part(From v, std::index_sequence<i...>) {
  return __builtin_convertvector(__builtin_shufflevector(v, v, i...), To);
}
template <class To, std::size_t... i, class From>
TRACEJIT_EMIT auto high_part(From v, std::index_sequence<i...>) {
  return __builtin_convertvector(__builtin_shufflevector(v, v, (i + sizeof...(i))...), To);
}
template <std::size_t... i, class V>
TRACEJIT_EMIT auto concatenate(V low, V high, std::index_sequence<i...>) {
  return __builtin_shufflevector(low, high, i...);
}

/// Elements converted by the rules of C++, lane by lane.
template <class To, class T, int lanes> TRACEJIT_EMIT Pack<To, lanes> convert(Pack<T, lanes> x) {
  using R = Pack<To, lanes>;
  using P = Pack<T, lanes>;
  R r;
  if constexpr (R::chunks == P::chunks) {
    for (int i = 0; i < R::chunks; ++i)
      r.chunk[i] = __builtin_convertvector(x.chunk[i], typename R::Chunk);
  } else if constexpr (R::chunks == 2 * P::chunks) {
    using Half = std::make_index_sequence<R::chunk_lanes>;
    for (int i = 0; i < P::chunks; ++i) {
      r.chunk[2 * i] = low_part<typename R::Chunk>(x.chunk[i], Half{});
      r.chunk[2 * i + 1] = high_part<typename R::Chunk>(x.chunk[i], Half{});
    }
  } else {
    static_assert(2 * R::chunks == P::chunks);
    using Half = Vector<To, P::chunk_lanes>;
    using Whole = std::make_index_sequence<R::chunk_lanes>;
    for (int i = 0; i < R::chunks; ++i) {
      auto low = __builtin_convertvector(x.chunk[2 * i], Half);
      auto high = __builtin_convertvector(x.chunk[2 * i + 1], Half);
      r.chunk[i] = concatenate(low, high, Whole{});
    }
  }
  return r;
}

/// The same element in all lanes; subtracting from c keeps -0.
template <class T, int lanes> TRACEJIT_EMIT Pack<T, lanes> broadcast(T c) {
  Pack<T, lanes> r;
  for (auto &chunk : r.chunk)
    chunk = c - typename Pack<T, lanes>::Chunk{};
  return r;
}

/// Elements from memory of any alignment.
template <class T, int lanes> TRACEJIT_EMIT Pack<T, lanes> load_pack(const T *from) {
  Pack<T, lanes> r;
  __builtin_memcpy(&r, from, sizeof(r));
  return r;
}
template <class T, int lanes> TRACEJIT_EMIT void store_pack(T *to, Pack<T, lanes> x) {
  __builtin_memcpy(to, &x, sizeof(x));
}

} // namespace jit::TRACEJIT_ISA::simd
