// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scans of runs that lie in memory, and of columns side by side.
#include "runtime/kernels/isa/Fold.h"
#include "runtime/kernels/isa/Parts.h"

#include <bit>
#include <cstdint>
#include <immintrin.h>

namespace jit::TRACEJIT_ISA {

namespace {

/// What a scan of T combines with, on single elements and on vectors alike.
struct Add {
  template <class V> static V apply(V x, V y) { return x + y; }
};
struct Multiply {
  template <class V> static V apply(V x, V y) { return x * y; }
};

/// Integers wrap; narrow ones would be widened to a signed type otherwise.
template <class Combine, class T> TRACEJIT_EMIT T combine(T x, T y) {
  if constexpr (std::is_floating_point_v<T>)
    return Combine::apply(x, y);
  else
    return static_cast<T>(
        Combine::apply(static_cast<std::uint64_t>(x), static_cast<std::uint64_t>(y)));
}

/// The length of runs, a constant for blocks: addresses then need few registers.
template <bool blocks> TRACEJIT_EMIT std::ptrdiff_t length_of(const RunList &runs) {
  return blocks ? scan_block : static_cast<std::ptrdiff_t>(runs.length);
}

/// One element after another, `chains` runs at a time: their latencies overlap.
template <class Combine, bool blocks, int chains, class T>
void scan_chains(const T *from, T *to, RunList runs, std::size_t first) {
  const std::ptrdiff_t length = length_of<blocks>(runs);
  const std::ptrdiff_t step = runs.reverse ? -1 : 1;
  const std::ptrdiff_t start =
      static_cast<std::ptrdiff_t>(first) * length + (runs.reverse ? length - 1 : 0);
  const T *x = from + start;
  T *y = to + start;
  T acc[chains];
  for (int c = 0; c < chains; ++c)
    acc[c] = y[c * length] = x[c * length];
  for (std::ptrdiff_t i = 1; i < length; ++i) {
    x += step;
    y += step;
#pragma GCC unroll 8
    for (int c = 0; c < chains; ++c)
      y[c * length] = acc[c] = combine<Combine>(acc[c], x[c * length]);
  }
}

template <class Combine, class T>
void scan_runs(const std::byte *from, std::byte *to, RunList runs) {
  const T *x = reinterpret_cast<const T *>(from);
  T *y = reinterpret_cast<T *>(to);
  std::size_t first = 0;
  const bool blocks = runs.length == scan_block;
  for (; first + 8 <= runs.count; first += 8)
    blocks ? scan_chains<Combine, true, 8>(x, y, runs, first)
           : scan_chains<Combine, false, 8>(x, y, runs, first);
  for (; first + 2 <= runs.count; first += 2)
    scan_chains<Combine, false, 2>(x, y, runs, first);
  if (first < runs.count)
    scan_chains<Combine, false, 1>(x, y, runs, first);
}

template <class T> inline constexpr std::size_t lanes = simd::vector_bytes / sizeof(T);

template <class Vector> TRACEJIT_EMIT void stream_store(void *to, Vector v) {
  if constexpr (sizeof(Vector) == 64)
    _mm512_stream_si512(static_cast<__m512i *>(to), std::bit_cast<__m512i>(v));
  else
    _mm256_stream_si256(static_cast<__m256i *>(to), std::bit_cast<__m256i>(v));
}

template <class Combine, class T>
void join(std::byte *to, const std::byte *local, std::size_t count, const std::byte *carry,
          bool stream) {
  using Vector [[gnu::vector_size(simd::vector_bytes)]] = T;
  const T *x = reinterpret_cast<const T *>(local);
  T *y = reinterpret_cast<T *>(to);
  T with;
  __builtin_memcpy(&with, carry, sizeof(T));
  std::size_t i = 0;
  if constexpr (std::is_floating_point_v<T>) {
    const Vector all = with - Vector{}; // keeps -0
    if (stream && reinterpret_cast<std::uintptr_t>(y) % simd::vector_bytes == 0) {
      for (; i + lanes<T> <= count; i += lanes<T>) {
        Vector v;
        __builtin_memcpy(&v, x + i, sizeof v);
        stream_store(y + i, Combine::apply(all, v));
      }
    }
  }
  for (; i < count; ++i)
    y[i] = combine<Combine>(with, x[i]);
}

template <class Combine, class T>
void row(std::byte *to, const std::byte *from, std::size_t columns, std::byte *local,
         const std::byte *carry, bool stream) {
  using Vector [[gnu::vector_size(simd::vector_bytes)]] = T;
  T *__restrict y = reinterpret_cast<T *>(to);
  const T *__restrict x = reinterpret_cast<const T *>(from);
  T *__restrict acc = reinterpret_cast<T *>(local);
  const T *__restrict with = reinterpret_cast<const T *>(carry);
  std::size_t j = 0;
  if constexpr (std::is_floating_point_v<T>)
    if (stream && reinterpret_cast<std::uintptr_t>(y) % simd::vector_bytes == 0)
      for (; j + lanes<T> <= columns; j += lanes<T>) {
        Vector term, before, sum;
        __builtin_memcpy(&term, x + j, sizeof term);
        __builtin_memcpy(&sum, acc + j, sizeof sum);
        __builtin_memcpy(&before, with + j, sizeof before);
        sum = Combine::apply(sum, term);
        __builtin_memcpy(acc + j, &sum, sizeof sum);
        stream_store(y + j, Combine::apply(before, sum));
      }
  for (; j < columns; ++j) {
    acc[j] = combine<Combine>(acc[j], x[j]);
    y[j] = combine<Combine>(with[j], acc[j]);
  }
}

template <class T> TRACEJIT_EMIT T fused(T a, T b, T c) {
  if constexpr (sizeof(T) == 4)
    return __builtin_fmaf(a, b, c);
  else
    return __builtin_fma(a, b, c);
}

template <bool blocks, int chains, class T>
void linear_chains(const T *a, const T *b, T *products, T *to, RunList runs, std::size_t first) {
  const std::ptrdiff_t length = length_of<blocks>(runs);
  const std::ptrdiff_t step = runs.reverse ? -1 : 1;
  std::ptrdiff_t at = static_cast<std::ptrdiff_t>(first) * length + (runs.reverse ? length - 1 : 0);
  T product[chains], acc[chains];
  for (int c = 0; c < chains; ++c) {
    product[c] = products[at + c * length] = a[at + c * length];
    acc[c] = to[at + c * length] = b[at + c * length];
  }
  for (std::ptrdiff_t i = 1; i < length; ++i) {
    at += step;
#pragma GCC unroll 8
    for (int c = 0; c < chains; ++c) {
      const T factor = a[at + c * length];
      products[at + c * length] = product[c] = factor * product[c];
      to[at + c * length] = acc[c] = fused(factor, acc[c], b[at + c * length]);
    }
  }
}

template <class T>
void linear_runs(const std::byte *a, const std::byte *b, std::byte *products, std::byte *to,
                 RunList runs) {
  const auto *factors = reinterpret_cast<const T *>(a), *terms = reinterpret_cast<const T *>(b);
  auto *product = reinterpret_cast<T *>(products), *y = reinterpret_cast<T *>(to);
  const bool blocks = runs.length == scan_block;
  std::size_t first = 0;
  // Four: with more, the lines of all four arrays would crowd the sets of L1.
  for (; first + 4 <= runs.count; first += 4)
    blocks ? linear_chains<true, 4>(factors, terms, product, y, runs, first)
           : linear_chains<false, 4>(factors, terms, product, y, runs, first);
  for (; first < runs.count; ++first)
    linear_chains<false, 1>(factors, terms, product, y, runs, first);
}

template <class T>
void linear_join(std::byte *to, const std::byte *products, std::size_t count,
                 const std::byte *carry) {
  T *__restrict y = reinterpret_cast<T *>(to);
  const T *__restrict a = reinterpret_cast<const T *>(products);
  T with;
  __builtin_memcpy(&with, carry, sizeof(T));
  for (std::size_t i = 0; i < count; ++i)
    y[i] = fused(a[i], with, y[i]);
}

template <class T>
void linear_row(std::byte *to, const std::byte *a_data, const std::byte *b_data,
                std::size_t columns, std::byte *products, std::byte *local, const std::byte *carry,
                bool first) {
  T *__restrict y = reinterpret_cast<T *>(to);
  const T *__restrict a = reinterpret_cast<const T *>(a_data);
  const T *__restrict b = reinterpret_cast<const T *>(b_data);
  T *__restrict product = reinterpret_cast<T *>(products);
  T *__restrict acc = reinterpret_cast<T *>(local);
  if (first) {
    __builtin_memcpy(product, a, columns * sizeof(T));
    __builtin_memcpy(acc, b, columns * sizeof(T));
  } else {
    for (std::size_t j = 0; j < columns; ++j) {
      product[j] = a[j] * product[j];
      acc[j] = fused(a[j], acc[j], b[j]);
    }
  }
  if (!carry) {
    __builtin_memcpy(y, acc, columns * sizeof(T));
    return;
  }
  const T *__restrict with = reinterpret_cast<const T *>(carry);
  for (std::size_t j = 0; j < columns; ++j)
    y[j] = fused(product[j], with[j], acc[j]);
}

template <class T> void add_scans_of(KernelTable &table, DType dtype) noexcept {
  const int type = slot(dtype);
  table.scan_runs[slot(Cumulate::sum)][type] = scan_runs<Add, T>;
  table.scan_join[slot(Cumulate::sum)][type] = join<Add, T>;
  table.scan_row[slot(Cumulate::sum)][type] = row<Add, T>;
  table.scan_runs[slot(Cumulate::product)][type] = scan_runs<Multiply, T>;
  table.scan_join[slot(Cumulate::product)][type] = join<Multiply, T>;
  table.scan_row[slot(Cumulate::product)][type] = row<Multiply, T>;
}

template <class T> void add_floats(KernelTable &table) noexcept {
  constexpr int type = slot(dtype_of<T>);
  add_scans_of<T>(table, dtype_of<T>);
  table.linear_runs[type] = linear_runs<T>;
  table.linear_join[type] = linear_join<T>;
  table.linear_row[type] = linear_row<T>;
}

} // namespace

void add_scans(KernelTable &table) noexcept {
  for_reduced_dtypes([&]<class T>() { add_floats<T>(table); },
                     [&]<class T>(DType dtype) { add_scans_of<T>(table, dtype); });
}

} // namespace jit::TRACEJIT_ISA
