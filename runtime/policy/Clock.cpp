// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/policy/Clock.h"

#include <algorithm>
#include <ctime>

namespace jit {

static std::uint64_t read(clockid_t clock) noexcept {
  if (const FakeClock fake = fake_clock.load(std::memory_order_relaxed)) [[unlikely]]
    return fake();
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t thread_cpu_ns() noexcept { return read(CLOCK_THREAD_CPUTIME_ID); }
std::uint64_t now_ns() noexcept { return read(CLOCK_MONOTONIC); }

namespace {
struct Moment {
  std::uint64_t cycles = __builtin_ia32_rdtsc(), ns = read(CLOCK_MONOTONIC);
};
} // namespace

std::uint64_t ns_of_cycles(std::uint64_t count) noexcept {
  if (fake_clock.load(std::memory_order_relaxed)) [[unlikely]]
    return count;
  // The longer ago the first moment is, the more exact; what matters are ratios.
  static const Moment first;
  static std::atomic<double> ratio{0};
  double ns_per_cycle = ratio.load(std::memory_order_relaxed);
  if (ns_per_cycle == 0) {
    constexpr std::uint64_t enough_ns = 2'000'000;
    const Moment now;
    if (now.ns - first.ns < enough_ns)
      return count / 3; // about right for any machine of today, for the first 2 ms
    ns_per_cycle =
        static_cast<double>(now.ns - first.ns) / static_cast<double>(now.cycles - first.cycles);
    ratio.store(ns_per_cycle, std::memory_order_relaxed);
  }
  return static_cast<std::uint64_t>(static_cast<double>(count) * ns_per_cycle);
}

/// The least of many, since the thread may be put aside in between.
static std::uint64_t measure_reading() noexcept {
  std::uint64_t least = ~std::uint64_t{0};
  for (int i = 0; i < 64; ++i) {
    const std::uint64_t begin = __builtin_ia32_rdtsc();
    least = std::min<std::uint64_t>(least, __builtin_ia32_rdtsc() - begin);
  }
  return least;
}

std::uint64_t cycles_of_reading() noexcept {
  static const std::uint64_t measured = measure_reading();
  return fake_clock.load(std::memory_order_relaxed) ? 0 : measured;
}

} // namespace jit
