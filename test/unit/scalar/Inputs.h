// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Inputs for the tests of element functions: edges of each dtype, and random bits around them.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace jit::scalar_test {

template <class T> std::vector<T> float_edges() {
  using L = std::numeric_limits<T>;
  std::vector<T> positive = {0,
                             L::denorm_min(),
                             L::denorm_min() * 3,
                             L::min() - L::denorm_min(),
                             L::min(),
                             L::epsilon(),
                             T(0.25),
                             T(0.5),
                             T(0.75),
                             T(1) - L::epsilon() / 2,
                             1,
                             T(1) + L::epsilon(),
                             T(1.5),
                             2,
                             T(2.5),
                             3,
                             10,
                             T(88.72284),
                             T(103.98),
                             T(709.782712893384),
                             T(745.1332191019412),
                             255,
                             T(255.5),
                             256,
                             T(0x1p31) - 1,
                             T(0x1p31),
                             T(0x1p53) + 1,
                             T(0x1p62),
                             T(0x1p63),
                             T(0x1p64),
                             L::max(),
                             L::infinity()};
  std::vector<T> edges;
  for (T x : positive) {
    edges.push_back(x);
    edges.push_back(-x);
  }
  edges.push_back(L::quiet_NaN());
  return edges;
}

template <class T> std::vector<T> edges() {
  if constexpr (std::is_same_v<T, bool>) {
    return {false, true};
  } else if constexpr (std::is_floating_point_v<T>) {
    return float_edges<T>();
  } else {
    using L = std::numeric_limits<T>;
    return {T(0),   T(1),  T(-1),    T(2),         T(-2),    T(3),        T(-3),      T(7),
            T(127), T(63), T(64),    T(65),        T(255),   T(256),      T(0x10000), T(0xfffffff),
            T(-31), T(31), L::max(), L::max() - 1, L::min(), L::min() + 1};
  }
}

/// A number of type T: any bits half of the time, else one of moderate size.
template <class T> T random_value(std::mt19937_64 &random) {
  std::uint64_t bits = random();
  if constexpr (std::is_same_v<T, bool>) {
    return bits & 1;
  } else if (random() % 2) {
    T any;
    std::memcpy(&any, &bits, sizeof(T));
    return any;
  } else if constexpr (std::is_floating_point_v<T>) {
    T scale = T(std::int64_t{1} << (random() % 8));
    return T(static_cast<std::int64_t>(bits)) * T(0x1p-63) * scale;
  } else {
    return static_cast<T>(static_cast<std::int64_t>(bits % 257) - 128);
  }
}

} // namespace jit::scalar_test
