// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The canonical orders of docs/numerics.md: their numbers, and what eager and compiled reductions
// share of them, over an emitter. Loops are written where the memory is that they walk.
#pragma once

#include "runtime/scalar/Emitter.h"

#include <bit>
#include <cstddef>

namespace jit {

/// Elements of a chunk of order `inner`.
inline constexpr std::int64_t inner_chunk = 4096;
/// Accumulators of order `inner`, 256 bytes; more elements than that wrap around.
constexpr unsigned inner_lanes(std::size_t itemsize) noexcept { return itemsize == 8 ? 32 : 64; }
/// Points of a row whose axes need not be neighbours in memory, as those of a window: no more than
/// the accumulators of any dtype, so that the order is one tree.
inline constexpr std::int64_t window_points = 32;
/// Rows of a block of order `outer`, and its chains.
inline constexpr std::int64_t outer_block = 256;
inline constexpr unsigned outer_chains = 4;
/// Elements of a block of a scan.
inline constexpr std::int64_t scan_block = 256;
/// k of a contraction accumulated from zero before they join the total.
inline constexpr std::int64_t contract_chunk = 384;

namespace scalar {

/// How the accumulators of a chunk, or the chains of a block, become one: combine(k, k + h) by
/// halves, into place k, until place 0 holds the result. Places from n to the next power of two
/// would hold neutral elements, which change nothing: they are left out.
template <class Combine> TRACEJIT_EMIT void fold_by_halves(std::size_t n, const Combine &combine) {
  for (std::size_t half = std::bit_ceil(n) / 2; half > 0; half /= 2)
    for (std::size_t k = 0; k < half && k + half < n; ++k)
      combine(k, k + half);
}

/// sum + (x - centre)^2: a term of the second pass of var_mean.
template <class E, class V> TRACEJIT_EMIT V add_deviation(E &e, V sum, V x, V centre) {
  auto d = e.sub(x, centre);
  return e.fma(d, d, sum);
}

/// Mean of a part of a set, and the sum of squared distances from it.
template <class V> struct MomentsOf {
  V mean, squares;
};

/// How two parts weigh by their counts, in f64; to be rounded to the dtype of the moments.
template <class F64> struct JoinWeightsOf {
  F64 shift, spread;
};

template <class E, class F64>
TRACEJIT_EMIT JoinWeightsOf<F64> join_weights(E &e, F64 before, F64 here) {
  auto all = e.add(before, here);
  auto shift = e.div(here, all);
  auto share = e.div(before, all);
  auto spread = e.mul(share, here);
  return {shift, spread};
}

/// The moments of a chunk join those of all before it.
template <class E, class V>
TRACEJIT_EMIT MomentsOf<V> join_moments(E &e, MomentsOf<V> a, MomentsOf<V> b, V shift, V spread) {
  auto d = e.sub(b.mean, a.mean);
  auto shifted = e.mul(d, shift);
  auto squared = e.mul(d, d);
  auto between = e.mul(squared, spread);
  auto within = e.add(a.squares, b.squares);
  auto mean = e.add(a.mean, shifted);
  auto squares = e.add(within, between);
  return {mean, squares};
}

} // namespace scalar
} // namespace jit
