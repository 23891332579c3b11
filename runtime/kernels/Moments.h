// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mean and sum of squared distances of parts of a set, and how two parts join (numerics, 3).
#pragma once

#include "runtime/scalar/Orders.h"
#include "runtime/scalar/Plain.h"

#include <cstdint>

namespace jit {

template <class T> struct Moments {
  T mean;
  T squares; ///< sum of (x - mean)^2
};

/// How the counts of two parts weigh.
template <class T> struct JoinWeights {
  T shift, spread;
  JoinWeights(std::int64_t a, std::int64_t b) noexcept {
    plain::Emitter e;
    const auto weights =
        scalar::join_weights(e, e.f64(static_cast<double>(a)), e.f64(static_cast<double>(b)));
    shift = static_cast<T>(weights.shift.value);
    spread = static_cast<T>(weights.spread.value);
  }
};

template <class T>
void join(Moments<T> &a, const Moments<T> &b, const JoinWeights<T> &weights) noexcept {
  using V = plain::Lane<T>;
  plain::Emitter e;
  const auto joined = scalar::join_moments(e, scalar::MomentsOf<V>{{a.mean}, {a.squares}},
                                           scalar::MomentsOf<V>{{b.mean}, {b.squares}},
                                           V{weights.shift}, V{weights.spread});
  a = {joined.mean.value, joined.squares.value};
}

} // namespace jit
