// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions of one chunk in order `inner`, argmax and argmin.
#include "runtime/kernels/isa/FirstLanes.h"
#include "runtime/kernels/isa/Fold.h"
#include "runtime/kernels/isa/Parts.h"

namespace jit::TRACEJIT_ISA {

namespace {

template <class T> const T *elements(const std::byte *data) {
  return reinterpret_cast<const T *>(data);
}

/// Accumulates what `term(emitter, i, lanes)` gives for elements i.. into the lanes of `acc`; the
/// last ones come from `rest(emitter, i, count)`.
template <class T, class Term, class Rest>
TRACEJIT_EMIT void for_lanes(std::size_t count, Term term, Rest rest) {
  simd::Emitter<inner_lanes<T>> e;
  std::size_t i = 0;
  for (; i + inner_lanes<T> <= count; i += inner_lanes<T>)
    term(e, i);
  if (i < count)
    rest(e, i, count - i);
}

template <class Combine, class T>
void chunk(const std::byte *data, std::size_t count, std::byte *part) {
  const T *x = elements<T>(data);
  auto acc = simd::broadcast<T, inner_lanes<T>>(Combine::template neutral<T>);
  for_lanes<T>(
      count, [&](auto &e, std::size_t i) { acc = Combine::apply(e, acc, e.load(x + i)); },
      [&](auto &e, std::size_t i, std::size_t some) {
        const auto fill = simd::broadcast<T, inner_lanes<T>>(Combine::template neutral<T>);
        acc = Combine::apply(e, acc, load_first<T>(x + i, some, fill));
      });
  *reinterpret_cast<T *>(part) = fold<Combine>(acc);
}

template <class T>
void dot(const std::byte *a_data, const std::byte *b_data, std::size_t count, std::byte *part) {
  const T *a = elements<T>(a_data), *b = elements<T>(b_data);
  auto acc = simd::broadcast<T, inner_lanes<T>>(T(-0.0));
  for_lanes<T>(
      count, [&](auto &e, std::size_t i) { acc = e.fma(e.load(a + i), e.load(b + i), acc); },
      [&](auto &e, std::size_t i, std::size_t some) {
        // -0 * 0 + acc keeps acc, -0 included.
        auto some_a = load_first<T>(a + i, some, simd::broadcast<T, inner_lanes<T>>(T(-0.0)));
        auto some_b = load_first<T>(b + i, some, simd::broadcast<T, inner_lanes<T>>(T(0)));
        acc = e.fma(some_a, some_b, acc);
      });
  *reinterpret_cast<T *>(part) = fold<Sum>(acc);
}

template <class T>
void deviation(const std::byte *data, std::size_t count, const std::byte *mean, std::byte *part) {
  const T *x = elements<T>(data);
  const auto centre = simd::broadcast<T, inner_lanes<T>>(*elements<T>(mean));
  auto acc = simd::broadcast<T, inner_lanes<T>>(T(-0.0));
  const auto add = [&](auto &e, auto values) {
    return scalar::add_deviation(e, acc, values, centre);
  };
  for_lanes<T>(
      count, [&](auto &e, std::size_t i) { acc = add(e, e.load(x + i)); },
      [&](auto &e, std::size_t i, std::size_t some) {
        // Lanes past the end must not see (mean - mean)^2 = +0: it would turn -0 into +0.
        alignas(64) T updated[inner_lanes<T>];
        simd::store_pack(updated, add(e, load_first<T>(x + i, some, acc)));
        acc = load_first<T>(updated, some, acc);
      });
  *reinterpret_cast<T *>(part) = fold<Sum>(acc);
}

/// Integers: every order gives the same, so the compiler may choose.
template <class T> void sum_integers(const std::byte *data, std::size_t count, std::byte *part) {
  const T *x = elements<T>(data);
  std::make_unsigned_t<T> sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum = static_cast<std::make_unsigned_t<T>>(sum + static_cast<std::make_unsigned_t<T>>(x[i]));
  *reinterpret_cast<T *>(part) = static_cast<T>(sum);
}
template <class T>
void multiply_integers(const std::byte *data, std::size_t count, std::byte *part) {
  const T *x = elements<T>(data);
  std::uint64_t product = 1;
  for (std::size_t i = 0; i < count; ++i)
    product *= static_cast<std::uint64_t>(x[i]);
  *reinterpret_cast<T *>(part) = static_cast<T>(product);
}
template <class T> void max_integers(const std::byte *data, std::size_t count, std::byte *part) {
  const T *x = elements<T>(data);
  T best = x[0];
  for (std::size_t i = 1; i < count; ++i)
    best = x[i] > best ? x[i] : best;
  *reinterpret_cast<T *>(part) = best;
}
template <class T> void min_integers(const std::byte *data, std::size_t count, std::byte *part) {
  const T *x = elements<T>(data);
  T best = x[0];
  for (std::size_t i = 1; i < count; ++i)
    best = x[i] < best ? x[i] : best;
  *reinterpret_cast<T *>(part) = best;
}

/// Which of two elements wins; NaN wins too.
struct Largest {
  template <class T> static bool beats(T x, T best) { return !(x <= best); }
};
struct Smallest {
  template <class T> static bool beats(T x, T best) { return !(x >= best); }
};

/// Blocks are skipped whole unless one of their elements beats the best so far.
template <class Wins, class T>
std::int64_t winner(const std::byte *data, std::size_t count, std::byte *value) {
  const T *x = elements<T>(data);
  std::size_t best = 0;
  constexpr std::size_t block = 64;
  std::size_t i = 1;
  while (i < count && x[best] == x[best]) {
    const std::size_t end = i + block < count ? i + block : count;
    const T bound = x[best];
    int beaten = 0;
    for (std::size_t k = i; k < end; ++k)
      beaten |= Wins::beats(x[k], bound);
    if (beaten)
      for (std::size_t k = i; k < end; ++k) {
        if (Wins::beats(x[k], x[best]))
          best = k;
        if (!(x[best] == x[best]))
          break;
      }
    i = end;
  }
  __builtin_memcpy(value, x + best, sizeof(T));
  return static_cast<std::int64_t>(best);
}

template <class T> void add_floats(KernelTable &table) noexcept {
  constexpr int type = slot(dtype_of<T>);
  table.chunk[slot(Combine::sum)][type] = chunk<Sum, T>;
  table.chunk[slot(Combine::prod)][type] = chunk<Product, T>;
  table.chunk[slot(Combine::max)][type] = chunk<Max, T>;
  table.chunk[slot(Combine::min)][type] = chunk<Min, T>;
  table.dot[type] = dot<T>;
  table.deviation[type] = deviation<T>;
  table.argmax[type] = winner<Largest, T>;
  table.argmin[type] = winner<Smallest, T>;
}

template <class T> void add_integers(KernelTable &table, DType dtype) noexcept {
  const int type = slot(dtype);
  table.chunk[slot(Combine::sum)][type] = sum_integers<T>;
  table.chunk[slot(Combine::prod)][type] = multiply_integers<T>;
  table.chunk[slot(Combine::max)][type] = max_integers<T>;
  table.chunk[slot(Combine::min)][type] = min_integers<T>;
  table.argmax[type] = winner<Largest, T>;
  table.argmin[type] = winner<Smallest, T>;
}

} // namespace

void add_reductions(KernelTable &table) noexcept {
  for_reduced_dtypes([&]<class T>() { add_floats<T>(table); },
                     [&]<class T>(DType dtype) { add_integers<T>(table, dtype); });
}

} // namespace jit::TRACEJIT_ISA
