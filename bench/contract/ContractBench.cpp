// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions as a fraction of the fused multiply-add peak measured in the same run.
// Time and GF/s are the best of 41 rounds, the fraction is the median of those rounds.
// Usage: contract_bench [v3|v4] [f32|f64] [threads] [MxNxK[:ta][:tb][:w] ...]
// ta, tb: that matrix is stored transposed; w: B is weights, which are kept packed.
#include "runtime/kernels/contract/Contract.h"
#include "runtime/tensor/Impl.h"
#include "runtime/tensor/PackedMatrix.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <immintrin.h>
#include <string>
#include <thread>
#include <vector>

namespace {

bool one_thread = true;

/// With one thread, the time it was running: other processes then disturb less.
double now() {
  timespec time;
  clock_gettime(one_thread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
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
  static void run(void *self, std::uint64_t, std::int64_t chunks,
                  void (*body)(void *, std::int64_t), void *context) {
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

/// Flops per second of all workers, each with 12 vectors of multiply-adds in flight.
double measure_peak(std::int64_t lanes, void (*step)(std::int64_t), SpinPool &pool,
                    std::int64_t workers) {
  constexpr std::int64_t count = 20'000;
  auto body = [](void *step, std::int64_t) { (*static_cast<decltype(&fma_v3) *>(step))(count); };
  double best = 0;
  for (int repeat = 0; repeat < 3; ++repeat) {
    const double start = now();
    SpinPool::run(&pool, 0, workers, body, &step);
    best =
        std::max(best, 2.0 * 12 * static_cast<double>(lanes * count * workers) / (now() - start));
  }
  return best;
}

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
  jit::Storage weights;
  weights.data = b;
  weights.bytes = static_cast<std::size_t>(args.k * args.n) * sizeof(T);
  if (text.find(":w") != text.npos)
    args.b_storage = &weights;
  args.c = c;
  const jit::Parallel parallel{SpinPool::run, &pool, workers};
  std::byte *scratch = allocate(jit::contract_scratch_bytes(args, isa, parallel));
  args.scratch = scratch;
  const double flops = 2.0 * static_cast<double>(args.m * args.n * args.k);
  const auto repeats = std::max<std::int64_t>(1, static_cast<std::int64_t>(2e7 / flops));
  double best = 1e9;
  std::vector<double> fractions;
  constexpr int rounds = 41;
  for (int round = 0; round < rounds; ++round) {
    const double limit = peak(); // beside each round, because clocks move
    const double start = now();
    for (std::int64_t i = 0; i < repeats; ++i)
      jit::contract(args, isa, parallel);
    const double seconds = (now() - start) / static_cast<double>(repeats);
    best = std::min(best, seconds);
    fractions.push_back(flops / seconds / limit);
  }
  std::nth_element(fractions.begin(), fractions.begin() + rounds / 2, fractions.end());
  std::printf("%-22s %10.3f us %8.1f GF/s  %.2f of peak\n", text.c_str(), best * 1e6,
              flops / best / 1e9, fractions[rounds / 2]);
  jit::drop_packed(weights);
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
  one_thread = workers == 1;
  SpinPool pool(static_cast<int>(workers));
  auto peak = [&] {
    const bool v4 = isa == jit::Isa::v4;
    const std::int64_t lanes = (v4 ? 16 : 8) / (wide ? 2 : 1);
    return measure_peak(lanes, v4 ? fma_v4 : fma_v3, pool, workers);
  };
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
