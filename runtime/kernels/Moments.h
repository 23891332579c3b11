// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mean and sum of squared distances of parts of a set, and how two parts join (numerics, 3).
#pragma once

#include <cstdint>

namespace jit {

template <class T> struct Moments {
  T mean;
  T squares; ///< sum of (x - mean)^2
};

/// How the counts of two parts weigh: quotients in f64, rounded once.
template <class T> struct JoinWeights {
  T shift, spread;
  JoinWeights(std::int64_t a, std::int64_t b) noexcept {
    const double total = static_cast<double>(a + b);
    shift = static_cast<T>(static_cast<double>(b) / total);
    spread = static_cast<T>(static_cast<double>(a) / total * static_cast<double>(b));
  }
};

template <class T>
void join(Moments<T> &a, const Moments<T> &b, const JoinWeights<T> &weights) noexcept {
  const T d = b.mean - a.mean;
  const T shifted = d * weights.shift;
  const T squared = d * d;
  const T between = squared * weights.spread;
  const T within = a.squares + b.squares;
  a.mean = a.mean + shifted;
  a.squares = within + between;
}

} // namespace jit
