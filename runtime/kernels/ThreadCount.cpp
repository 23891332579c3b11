// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/ThreadCount.h"

#include "runtime/base/Options.h"

#include <algorithm>
#include <x86intrin.h>

namespace jit {

constinit std::atomic<Sharing> detail::sharing{Sharing{0, false, false}};

namespace {

/// About a second: processors of today count 2 to 4 of these in a nanosecond.
constexpr std::uint64_t refresh_cycles = 3'000'000'000;

constinit std::atomic<const CpuSource *> source{nullptr};
constinit std::atomic<int> limit{-1}; ///< -1: as option `threads` says
constinit std::atomic<int> forced{0};
constinit std::atomic<std::uint64_t> next_refresh{0};

Sharing sharing_of(int cpus) noexcept {
  if (const int exactly = forced.load(std::memory_order_seq_cst))
    return {static_cast<std::int16_t>(exactly), true, exactly > cpus};
  const int set = limit.load(std::memory_order_seq_cst);
  const int most = set >= 0 ? set : options().threads;
  const int threads = std::clamp(most > 0 ? std::min(cpus, most) : cpus, 1, max_threads);
  return {static_cast<std::int16_t>(threads), most == 1, false};
}

void read_again() noexcept {
  const CpuSource *from = source.load(std::memory_order_acquire);
  const int cpus = available_cpus(from ? *from : system_cpus());
  // Who changes a setting stores it and comes here: the last one to store has seen all settings.
  Sharing wanted = sharing_of(cpus), last;
  do {
    last = wanted;
    detail::sharing.store(last, std::memory_order_seq_cst);
    wanted = sharing_of(cpus);
  } while (wanted.threads != last.threads || wanted.fixed != last.fixed);
}

} // namespace

Sharing detail::first_sharing() noexcept {
  next_refresh.store(__rdtsc() + refresh_cycles, std::memory_order_relaxed);
  read_again();
  return sharing.load(std::memory_order_relaxed);
}

void refresh_sharing(std::uint64_t now) noexcept {
  std::uint64_t due = next_refresh.load(std::memory_order_relaxed);
  // The difference, signed: another CPU's counter may be a little behind.
  if (static_cast<std::int64_t>(now - due) >= 0 && !current_sharing().fixed &&
      next_refresh.compare_exchange_strong(due, now + refresh_cycles, std::memory_order_relaxed))
    read_again();
}

void refresh_sharing() noexcept { refresh_sharing(__rdtsc()); }

void store_limit(int n) noexcept {
  limit.store(std::min(n, max_threads), std::memory_order_seq_cst);
  read_again();
}

void store_forced(int n) noexcept {
  forced.store(std::min(n, max_threads), std::memory_order_seq_cst);
  read_again();
}

void set_cpu_source(const CpuSource *given) noexcept {
  source.store(given, std::memory_order_release);
  next_refresh.store(__rdtsc(), std::memory_order_relaxed);
}

int thread_count() noexcept {
  refresh_sharing();
  return threads_now();
}

} // namespace jit
