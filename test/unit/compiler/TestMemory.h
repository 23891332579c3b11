// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory for tests: filled with numbers of every kind, compared by bits.
#pragma once

#include "runtime/base/WithDType.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace jit::test {

/// A buffer of a test, with a margin around it so that stray writes show.
struct Memory {
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  DType dtype;
  std::size_t elements;
  std::vector<Line> lines;
  static constexpr std::size_t margin = 4; ///< lines

  Memory(DType dtype, std::size_t elements)
      : dtype(dtype), elements(elements), lines(elements * itemsize(dtype) / 64 + 2 * margin + 1) {}
  std::byte *first() { return lines[margin].bytes; }
  void fill(unsigned seed) {
    std::mt19937 random(seed);
    for (std::size_t i = 0; i < elements; ++i)
      set(i, random);
  }

private:
  void set(std::size_t i, std::mt19937 &random) {
    static constexpr double special[] = {0.0,    -0.0,  INFINITY, -INFINITY, NAN,
                                         1e-310, 1e-42, -1e38,    3e38,      1.0};
    const bool rare = random() % 64 == 0;
    const double x = rare ? special[random() % 10]
                          : static_cast<double>(static_cast<std::int32_t>(random())) * 0x1p-29;
    std::byte *p = first() + i * itemsize(dtype);
    auto put = [&](auto v) { std::memcpy(p, &v, sizeof v); };
    with_dtype(dtype, [&]<class T>(std::type_identity<T>) {
      if constexpr (std::same_as<T, bool>)
        put(static_cast<std::uint8_t>(random() & 1));
      else if constexpr (std::floating_point<T>)
        put(static_cast<T>(x));
      else if constexpr (sizeof(T) < 4)
        put(static_cast<T>(random()));
      else
        put(rare ? std::numeric_limits<T>::min()
                 : static_cast<T>(static_cast<std::int64_t>(random() % 2000) - 1000));
    });
  }
};

template <class T> bool same_as(const std::byte *a, const std::byte *b) {
  T x, y;
  std::memcpy(&x, a, sizeof x);
  std::memcpy(&y, b, sizeof y);
  return (x != x && y != y) || std::memcmp(a, b, sizeof x) == 0;
}
/// Equal bits; NaN as a class.
inline bool same(DType dtype, const std::byte *a, const std::byte *b) {
  return dtype == DType::f32   ? same_as<float>(a, b)
         : dtype == DType::f64 ? same_as<double>(a, b)
                               : std::memcmp(a, b, itemsize(dtype)) == 0;
}

} // namespace jit::test
