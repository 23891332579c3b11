// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions as a fraction of the fused multiply-add peak measured in the same run.
// Usage: contract_bench [v3|v4] [f32|f64] [threads] [MxNxK[:ta][:tb] ...]
#include "runtime/kernels/contract/Contract.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <immintrin.h>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Multiply-adds of 8 vectors in flight; returns flops per second.
template <class Step> double measure_peak(std::size_t lanes, Step step) {
  double best = 0;
  for (int repeat = 0; repeat < 3; ++repeat) {
    constexpr std::int64_t count = 20'000;
    const auto start = Clock::now();
    step(count);
    best = std::max(best, 2.0 * 12 * static_cast<double>(lanes * count) / seconds_since(start));
  }
  return best;
}

[[gnu::target("avx512f"), gnu::noinline]] void fma_v4(std::int64_t count) {
  __m512 x[12], y = _mm512_set1_ps(0.999f);
  for (auto &v : x)
    v = _mm512_set1_ps(1.0f);
  for (; count > 0; --count)
#pragma GCC unroll 16
    for (auto &v : x) {
      v = _mm512_fmadd_ps(v, y, y);
      asm volatile("" : "+v"(v));
    }
}

[[gnu::target("avx2,fma"), gnu::noinline]] void fma_v3(std::int64_t count) {
  __m256 x[12], y = _mm256_set1_ps(0.999f);
  for (auto &v : x)
    v = _mm256_set1_ps(1.0f);
  for (; count > 0; --count)
#pragma GCC unroll 16
    for (auto &v : x) {
      v = _mm256_fmadd_ps(v, y, y);
      asm volatile("" : "+x"(v));
    }
}

/// Workers that spin for the next piece of work.
class SpinPool {
public:
  explicit SpinPool(int workers) {
    for (int i = 1; i < workers; ++i)
      threads_.emplace_back([this] { serve(); });
  }
  ~SpinPool() {
    stop_ = true;
    ++turn_;
    for (auto &thread : threads_)
      thread.join();
  }
  static void run(void *self, std::int64_t chunks, void (*body)(void *, std::int64_t),
                  void *context) {
    auto &pool = *static_cast<SpinPool *>(self);
    pool.body_ = body;
    pool.context_ = context;
    pool.chunks_ = chunks;
    pool.next_ = 0;
    pool.busy_ = static_cast<int>(pool.threads_.size());
    ++pool.turn_;
    pool.work();
    while (pool.busy_ > 0)
      _mm_pause();
  }

private:
  void work() {
    for (std::int64_t chunk; (chunk = next_++) < chunks_;)
      body_(context_, chunk);
  }
  void serve() {
    for (int seen = 0;;) {
      while (turn_ == seen)
        _mm_pause();
      ++seen;
      if (stop_)
        return;
      work();
      --busy_;
    }
  }
  std::vector<std::thread> threads_;
  std::atomic<int> turn_{0}, busy_{0};
  std::atomic<std::int64_t> next_{0};
  std::atomic<bool> stop_{false};
  void (*body_)(void *, std::int64_t) = nullptr;
  void *context_ = nullptr;
  std::int64_t chunks_ = 0;
};

std::byte *allocate(std::size_t bytes) {
  void *p = std::aligned_alloc(64, (bytes + 127) / 64 * 64);
  std::memset(p, 0, bytes);
  return static_cast<std::byte *>(p);
}

template <class T> std::byte *random_values(std::int64_t count) {
  std::byte *p = allocate(static_cast<std::size_t>(count) * sizeof(T));
  for (std::int64_t i = 0; i < count; ++i)
    reinterpret_cast<T *>(p)[i] = static_cast<T>(i * 2654435761u % 1000) / 500 - 1;
  return p;
}

template <class T, class Peak>
void run_case(const std::string &text, jit::Isa isa, SpinPool &pool, std::int64_t workers,
              Peak peak) {
  jit::ContractArgs args;
  std::sscanf(text.c_str(), "%ldx%ldx%ld", &args.m, &args.n, &args.k);
  const bool ta = text.find(":ta") != text.npos, tb = text.find(":tb") != text.npos;
  args.dtype = jit::dtype_of<T>;
  args.a_row_stride = ta ? 1 : args.k;
  args.a_col_stride = ta ? args.m : 1;
  args.b_row_stride = tb ? 1 : args.n;
  args.b_col_stride = tb ? args.k : 1;
  args.c_row_stride = args.n;
  std::byte *a = random_values<T>(args.m * args.k);
  std::byte *b = random_values<T>(args.k * args.n);
  std::byte *c = allocate(static_cast<std::size_t>(args.m * args.n) * sizeof(T));
  args.a = a;
  args.b = b;
  args.c = c;
  const jit::Parallel parallel{SpinPool::run, &pool, workers};
  std::byte *scratch = allocate(jit::contract_scratch_bytes(args, isa, parallel));
  args.scratch = scratch;
  const double flops = 2.0 * static_cast<double>(args.m * args.n * args.k);
  const auto repeats = std::max<std::int64_t>(1, static_cast<std::int64_t>(2e7 / flops));
  double best = 1e9;
  double limit = 0;
  for (int round = 0; round < (getenv("ROUNDS") ? atoi(getenv("ROUNDS")) : 40); ++round) {
    limit = std::max(limit, peak());
    const auto start = Clock::now();
    for (std::int64_t i = 0; i < repeats; ++i)
      jit::contract(args, isa, parallel);
    best = std::min(best, seconds_since(start) / static_cast<double>(repeats));
  }
  std::printf("%-22s %10.3f us %8.1f GF/s  %.2f of peak\n", text.c_str(), best * 1e6,
              flops / best / 1e9, flops / best / limit);
  for (std::byte *p : {a, b, c, scratch})
    std::free(p);
}

} // namespace

int main(int count, char **words) {
  auto word = [&](int i, const char *otherwise) {
    return std::string(count > i ? words[i] : otherwise);
  };
  const jit::Isa isa =
      word(1, "v4") == "v4" && jit::isa_supported(jit::Isa::v4) ? jit::Isa::v4 : jit::Isa::v3;
  const bool wide = word(2, "f32") == "f64";
  const std::int64_t workers = std::atoi(word(3, "1").c_str());
  auto peak = [=] { // measured beside each case, because clocks move
    const double one = isa == jit::Isa::v4 ? measure_peak(16, fma_v4) : measure_peak(8, fma_v3);
    return one * static_cast<double>(workers) / (wide ? 2 : 1);
  };
  SpinPool pool(static_cast<int>(workers));
  std::vector<std::string> cases(words + std::min(count, 4), words + count);
  if (cases.empty())
    cases = {"8x8x8",          "16x16x16",          "32x32x32",
             "64x64x64",       "128x128x128",       "256x256x256",
             "512x512x512",    "1024x1024x1024",    "63x63x63",
             "65x65x65",       "100x37x511",        "256x256x256:tb",
             "512x512x512:tb", "1024x1024x1024:tb", "256x256x256:ta",
             "512x512x512:ta", "1024x1024x1024:ta", "64x512x784:tb",
             "784x512x64:ta",  "64x10x512",         "1x1024x1024",
             "1x1024x1024:tb", "1024x1x1024",       "1024x1x1024:ta",
             "1024x4x1024",    "4x1024x1024",       "16x1024x1024"};
  for (const std::string &text : cases)
    wide ? run_case<double>(text, isa, pool, workers, peak)
         : run_case<float>(text, isa, pool, workers, peak);
}
