// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "bench/suite/Limits.h"

#include "runtime/kernels/Isa.h"
#include "runtime/kernels/ThreadPool.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <immintrin.h>
#include <sys/mman.h>

namespace bench {

double now(int threads) {
  timespec time;
  clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

namespace {

constexpr std::size_t big = std::size_t{64} << 20, small = std::size_t{8} << 20;

/// Memory on huge pages that is kept and was touched, like the runtime's own.
float *buffer(int which) {
  static float *const base = [] {
    void *p = std::aligned_alloc(std::size_t{2} << 20, 3 * big);
    madvise(p, 3 * big, MADV_HUGEPAGE);
    std::memset(p, 0, 3 * big);
    return static_cast<float *>(p);
  }();
  return base + static_cast<std::size_t>(which) * (big / sizeof(float));
}

// Each pattern with one stream and with several: machines differ in what they like.
[[gnu::target("avx2"), gnu::noinline]] void nt_copy(std::size_t begin, std::size_t end) {
  const float *from = buffer(0);
  float *to = buffer(1);
  for (std::size_t i = begin; i < end; i += 16) {
    _mm_prefetch(reinterpret_cast<const char *>(from + i + 1024), _MM_HINT_T0);
    _mm256_stream_ps(to + i, _mm256_load_ps(from + i));
    _mm256_stream_ps(to + i + 8, _mm256_load_ps(from + i + 8));
  }
  _mm_sfence();
}

[[gnu::target("avx2"), gnu::noinline]] void nt_copy_two(std::size_t begin, std::size_t end) {
  const float *from = buffer(0);
  float *to = buffer(1);
  constexpr std::size_t distance = 2048;
  for (std::size_t block = begin; block < end; block += 2 * distance)
    for (std::size_t i = block; i < block + distance; i += 16)
      for (std::size_t k = i; k < i + 2 * distance; k += distance) {
        _mm256_stream_ps(to + k, _mm256_load_ps(from + k));
        _mm256_stream_ps(to + k + 8, _mm256_load_ps(from + k + 8));
      }
  _mm_sfence();
}

template <bool streaming, bool prefetched>
[[gnu::target("avx2"), gnu::noinline]] void add_two(std::size_t begin, std::size_t end) {
  const float *a = buffer(0), *b = buffer(2);
  float *to = buffer(1);
  for (std::size_t i = begin; i < end; i += 16) {
    if constexpr (prefetched)
      for (const float *from : {a, b})
        _mm_prefetch(reinterpret_cast<const char *>(from + i + 512), _MM_HINT_T0);
    for (std::size_t k = i; k < i + 16; k += 8) {
      const __m256 sum = _mm256_add_ps(_mm256_load_ps(a + k), _mm256_load_ps(b + k));
      if constexpr (streaming)
        _mm256_stream_ps(to + k, sum);
      else
        _mm256_store_ps(to + k, sum);
    }
  }
  _mm_sfence();
}

[[gnu::target("avx2"), gnu::noinline]] void in_place(std::size_t begin, std::size_t end) {
  float *p = buffer(0);
  const __m256 one = _mm256_set1_ps(1);
  for (std::size_t i = begin; i < end; i += 16) {
    _mm_prefetch(reinterpret_cast<const char *>(p + i + 1024), _MM_HINT_T0);
    _mm256_store_ps(p + i, _mm256_add_ps(_mm256_load_ps(p + i), one));
    _mm256_store_ps(p + i + 8, _mm256_add_ps(_mm256_load_ps(p + i + 8), one));
  }
}

[[gnu::target("avx2"), gnu::noinline]] void in_place_three(std::size_t begin, std::size_t end) {
  const std::size_t third = (end - begin) / 3 / 64 * 64;
  float *p = buffer(0);
  const __m256 one = _mm256_set1_ps(1);
  for (std::size_t i = begin; i < end - 2 * third; i += 16)
    for (std::size_t k = i; k < i + 3 * third; k += third) {
      _mm_prefetch(reinterpret_cast<const char *>(p + k + 512), _MM_HINT_T0);
      _mm256_store_ps(p + k, _mm256_add_ps(_mm256_load_ps(p + k), one));
      _mm256_store_ps(p + k + 8, _mm256_add_ps(_mm256_load_ps(p + k + 8), one));
    }
}

[[gnu::target("avx2"), gnu::noinline]] void read_only(std::size_t begin, std::size_t end) {
  const float *p = buffer(0);
  __m256 sums[4] = {};
  for (std::size_t i = begin; i < end; i += 32) {
    _mm_prefetch(reinterpret_cast<const char *>(p + i + 1024), _MM_HINT_T0);
    for (std::size_t k = 0; k < 4; ++k)
      sums[k] = _mm256_add_ps(sums[k], _mm256_load_ps(p + i + 8 * k));
  }
  for (__m256 &sum : sums)
    asm volatile("" ::"x"(sum));
}

constexpr std::int64_t fma_rounds = 20'000;

[[gnu::target("avx512f"), gnu::noinline]] void fma_v4() {
  __m512 x[12], y = _mm512_set1_ps(0.999f);
  for (__m512 &v : x)
    v = _mm512_set1_ps(1);
  for (std::int64_t i = 0; i < fma_rounds; ++i)
    for (__m512 &v : x) {
      v = _mm512_fmadd_ps(v, y, y);
      asm volatile("" : "+v"(v));
    }
}

[[gnu::target("avx2,fma"), gnu::noinline]] void fma_v3() {
  __m256 x[12], y = _mm256_set1_ps(0.999f);
  for (__m256 &v : x)
    v = _mm256_set1_ps(1);
  for (std::int64_t i = 0; i < fma_rounds; ++i)
    for (__m256 &v : x) {
      v = _mm256_fmadd_ps(v, y, y);
      asm volatile("" : "+x"(v));
    }
}

[[gnu::noinline]] void dependent_adds(std::int64_t rounds) {
  for (std::uint64_t x = 1; rounds > 0; --rounds)
    for (int k = 0; k < 64; ++k)
      asm volatile("add %0, %0" : "+r"(x));
}

/// `amount` over the seconds that `body(thread)` takes on all threads at once.
template <class F> double rate(double amount, int threads, F body) {
  const double begin = now(threads);
  jit::parallel_for(threads, [&](std::int64_t thread) { body(thread); });
  return amount / (now(threads) - begin);
}

/// Streams over `bytes` in pieces of a megabyte shared by the threads.
template <class F> double stream(double factor, std::size_t bytes, int threads, F kernel) {
  const std::size_t share = bytes / sizeof(float) / static_cast<std::size_t>(threads) / 64 * 64;
  return rate(factor * static_cast<double>(share * sizeof(float)) * threads, threads,
              [&](std::int64_t thread) {
                const std::size_t begin = static_cast<std::size_t>(thread) * share;
                kernel(begin, begin + share);
              });
}

} // namespace

double Work::seconds(const Rates &rates, int threads) const {
  const auto over = [](double amount, double rate) { return amount > 0 ? amount / rate : 0; };
  const double memory = over(nt_bytes, rates.nt_copy) + over(add_bytes, rates.add) +
                        over(in_place_bytes, rates.in_place) + over(read_bytes, rates.read);
  const double functions =
      over(function_cycles * rates.function_factor(threads), rates.clock * threads);
  return std::max(memory, functions) + over(flops, rates.flops) + over(cached_bytes, rates.cached) +
         over(cached_read_bytes, rates.cached_read);
}

void refresh(Rates &rates, const Work &work, int threads, bool quick) {
  const std::size_t bytes = quick ? big / 8 : big;
  const auto keep = [](double &best, double value) { best = std::max(best, value); };
  constexpr std::int64_t adds = 5'000;
  keep(rates.clock, rate(64.0 * adds, 1, [](std::int64_t) { dependent_adds(adds); }));
  const bool wide = jit::detected_isa() == jit::Isa::v4;
  keep(rates.flops, rate(2.0 * 12 * (wide ? 16 : 8) * fma_rounds * threads, threads,
                         [wide](std::int64_t) { wide ? fma_v4() : fma_v3(); }));
  if (work.nt_bytes > 0)
    for (auto *copy : {nt_copy, nt_copy_two})
      keep(rates.nt_copy, stream(2, bytes, threads, copy));
  if (work.add_bytes > 0)
    for (auto *add : {add_two<false, false>, add_two<true, false>, add_two<true, true>})
      keep(rates.add, stream(3, bytes, threads, add));
  if (work.in_place_bytes > 0)
    for (auto *update : {in_place, in_place_three})
      keep(rates.in_place, stream(2, bytes, threads, update));
  if (work.read_bytes > 0)
    keep(rates.read, stream(1, bytes, threads, read_only));
  if (work.cached_bytes > 0)
    for (int i = 0; i < 2; ++i) // the first brings it in
      keep(rates.cached, stream(2, small, threads, in_place));
  if (work.cached_read_bytes > 0)
    for (int i = 0; i < 2; ++i)
      keep(rates.cached_read, stream(1, small, threads, read_only));
}

} // namespace bench
