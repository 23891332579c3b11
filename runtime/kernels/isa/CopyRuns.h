// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies of short runs, as the last axis of points in space is: a vector for every run, whose
// further lanes the next run overwrites.
#pragma once

#include "runtime/scalar/Pack.h"

#include <cstddef>
#include <cstdint>

namespace jit::TRACEJIT_ISA {

/// Elements as bits.
template <std::size_t bytes> struct BitsOfSize;
template <> struct BitsOfSize<1> {
  using Type = std::uint8_t;
};
template <> struct BitsOfSize<2> {
  using Type = std::uint16_t;
};
template <> struct BitsOfSize<4> {
  using Type = std::uint32_t;
};
template <> struct BitsOfSize<8> {
  using Type = std::uint64_t;
};
template <std::size_t bytes> using BitsOf = typename BitsOfSize<bytes>::Type;

template <class U> struct Runs {
  static constexpr std::ptrdiff_t lanes = 32 / sizeof(U);
  using Vector [[gnu::vector_size(32)]] = U;

  U *to;
  const U *from;
  std::ptrdiff_t length, stride, runs, run_stride;

  void copy_one(std::ptrdiff_t run) const {
    for (std::ptrdiff_t i = 0; i < length; ++i)
      to[run * length + i] = from[run * run_stride + i * stride];
  }

  /// The same run again and again: what is there is doubled.
  void repeat() const {
    copy_one(0);
    for (std::ptrdiff_t done = length, total = runs * length; done < total;) {
      const std::ptrdiff_t some = done < total - done ? done : total - done;
      __builtin_memcpy(to + done, to, static_cast<std::size_t>(some) * sizeof(U));
      done += some;
    }
  }

  void copy() const {
    if (run_stride == 0)
      return repeat();
    const bool is_one = stride == 0;
    // Of runs up to here a whole vector may be written, and read without leaving the tensor.
    const std::ptrdiff_t room = runs * length - lanes;
    std::ptrdiff_t whole = length <= lanes && room >= 0 ? room / length + 1 : 0;
    if (!is_one) {
      const std::ptrdiff_t last = (runs - 1) * run_stride + length - lanes;
      const bool ahead = stride == 1 && run_stride > 0 && last >= 0;
      const std::ptrdiff_t readable = ahead ? last / run_stride + 1 : 0;
      whole = whole < readable ? whole : readable;
    }
    std::ptrdiff_t run = 0;
    for (; run < whole; ++run) {
      Vector v;
      if (is_one)
        v = Vector{} + from[run * run_stride];
      else
        __builtin_memcpy(&v, from + run * run_stride, sizeof v);
      __builtin_memcpy(to + run * length, &v, sizeof v);
    }
    for (; run < runs; ++run)
      copy_one(run);
  }
};

template <std::size_t bytes>
void copy_runs(std::byte *to, const std::byte *from, std::size_t length, std::ptrdiff_t stride,
               std::size_t runs, std::ptrdiff_t run_stride) {
  using U = BitsOf<bytes>;
  Runs<U>{reinterpret_cast<U *>(to),           reinterpret_cast<const U *>(from),
          static_cast<std::ptrdiff_t>(length), stride,
          static_cast<std::ptrdiff_t>(runs),   run_stride}
      .copy();
}

} // namespace jit::TRACEJIT_ISA
