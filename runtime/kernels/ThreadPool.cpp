// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One job at a time: a count of chunks not yet claimed and one of chunks done. Workers spin for
// about a millisecond after the last job, then sleep on a futex.
#include "runtime/kernels/ThreadPool.h"

#include "runtime/kernels/Mxcsr.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace jit {
namespace {

using Body = FunctionRef<void(std::int64_t)>;

struct alignas(64) Pool {
  // Claiming a chunk proves that the job is not over, so a late worker can never see a stale job:
  // `body` and `chunks` are read after a claim only.
  alignas(64) std::atomic<std::int64_t> unclaimed{0};
  alignas(64) std::atomic<std::int64_t> done{0};
  Body body;
  std::int64_t chunks = 0;

  alignas(64) std::atomic<std::uint32_t> wakeups{0}; // the futex
  std::atomic<std::uint32_t> sleepers{0};
  std::atomic<bool> stopping{false};

  alignas(64) std::atomic<bool> busy{false}; // guards everything below, and the right to post a job
  std::array<pthread_t, max_threads> threads{};
  int workers = 0;
  bool started = false;

  std::atomic<int> count{0};       // 0: not asked for yet
  std::atomic<bool> closed{false}; // in the child of a fork, and during exit
};
constinit Pool pool;
[[gnu::tls_model("initial-exec")]] constinit thread_local bool inside_body = false;

int available_cpus() noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return 1;
  return std::clamp(CPU_COUNT(&set), 1, max_threads);
}

void futex(std::atomic<std::uint32_t> &word, int operation, std::uint32_t value) noexcept {
  static_assert(sizeof word == 4);
  syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, nullptr, nullptr, 0);
}

bool claim(std::int64_t &left) noexcept {
  left = pool.unclaimed.load(std::memory_order_relaxed);
  while (left > 0)
    if (pool.unclaimed.compare_exchange_weak(left, left - 1, std::memory_order_acquire,
                                             std::memory_order_relaxed))
      return true;
  return false;
}

// Chunks are handed out in ascending order.
void work() noexcept {
  std::int64_t left;
  while (claim(left)) {
    pool.body(pool.chunks - left);
    pool.done.fetch_add(1, std::memory_order_release);
  }
}

bool has_news() noexcept {
  return pool.unclaimed.load(std::memory_order_relaxed) > 0 ||
         pool.stopping.load(std::memory_order_relaxed);
}

void spin_for_news(std::chrono::nanoseconds limit) noexcept {
  const auto end = std::chrono::steady_clock::now() + limit;
  do {
    for (int i = 0; i < 64; ++i) {
      if (has_news())
        return;
      _mm_pause();
    }
  } while (std::chrono::steady_clock::now() < end);
}

void sleep_for_news() noexcept {
  // The poster writes the job, then reads `sleepers`; we do it the other way round.
  pool.sleepers.fetch_add(1, std::memory_order_seq_cst);
  const std::uint32_t seen = pool.wakeups.load(std::memory_order_seq_cst);
  if (pool.unclaimed.load(std::memory_order_seq_cst) <= 0 &&
      !pool.stopping.load(std::memory_order_seq_cst))
    futex(pool.wakeups, FUTEX_WAIT, seen);
  pool.sleepers.fetch_sub(1, std::memory_order_seq_cst);
}

void wake_sleepers(std::int64_t most) noexcept {
  if (pool.sleepers.load(std::memory_order_seq_cst) == 0)
    return;
  pool.wakeups.fetch_add(1, std::memory_order_seq_cst);
  futex(pool.wakeups, FUTEX_WAKE,
        static_cast<std::uint32_t>(std::min<std::int64_t>(most, 1 << 20)));
}

void *worker_main(void *spin_limit) {
  _mm_setcsr(default_mxcsr);
  inside_body = true;
  const auto limit = std::chrono::nanoseconds(reinterpret_cast<std::intptr_t>(spin_limit));
  while (!pool.stopping.load(std::memory_order_acquire)) {
    work();
    spin_for_news(limit);
    if (!has_news())
      sleep_for_news();
  }
  return nullptr;
}

void acquire_pool() noexcept {
  while (pool.busy.exchange(true, std::memory_order_acquire))
    sched_yield();
}

void release_pool() noexcept { pool.busy.store(false, std::memory_order_release); }

void stop_workers() noexcept {
  pool.stopping.store(true, std::memory_order_seq_cst);
  wake_sleepers(max_threads);
  for (int i = 0; i < pool.workers; ++i)
    pthread_join(pool.threads[static_cast<std::size_t>(i)], nullptr);
  pool.workers = 0;
  pool.started = false;
  pool.stopping.store(false, std::memory_order_relaxed);
}

void close_at_exit() {
  if (inside_body) // exit() was called by a body: the workers die with the process
    return;
  acquire_pool();
  pool.closed.store(true, std::memory_order_relaxed);
  if (pool.workers > 0)
    stop_workers();
  release_pool();
}

// The workers are gone, and so is whoever held the pool.
void close_in_child() {
  pool.closed.store(true, std::memory_order_relaxed);
  pool.workers = 0;
  release_pool();
}

// With fewer threads than asked for, the job is shared by those there are.
void start_workers(int n) noexcept {
  static const bool registered =
      std::atexit(close_at_exit) == 0 && pthread_atfork(nullptr, nullptr, close_in_child) == 0;
  (void)registered;
  pool.started = true;
  // Spinning pays only while every thread has a CPU of its own.
  const std::intptr_t spin_limit = n <= available_cpus() ? 1'000'000 : 20'000;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); // handlers of the program run on its own threads
  for (int i = 0; i < n - 1; ++i, ++pool.workers)
    if (pthread_create(&pool.threads[static_cast<std::size_t>(i)], nullptr, worker_main,
                       reinterpret_cast<void *>(spin_limit)) != 0)
      break;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void run_inline(std::int64_t chunks, Body body) noexcept {
  for (std::int64_t i = 0; i < chunks; ++i)
    body(i);
}

void await_chunks(std::int64_t chunks) noexcept {
  for (int spins = 0; pool.done.load(std::memory_order_acquire) != chunks; ++spins) {
    if (spins < 20'000)
      _mm_pause();
    else
      sched_yield(); // the worker may need this CPU
  }
}

} // namespace

void parallel_for(std::int64_t chunks, Body body) noexcept {
  if (chunks <= 1 || inside_body || thread_count() == 1 ||
      pool.closed.load(std::memory_order_relaxed) ||
      pool.busy.exchange(true, std::memory_order_acquire))
    return run_inline(chunks, body);
  if (pool.closed.load(std::memory_order_relaxed)) { // closed meanwhile
    release_pool();
    return run_inline(chunks, body);
  }
  inside_body = true;
  if (!pool.started)
    start_workers(thread_count());
  pool.body = body;
  pool.chunks = chunks;
  pool.done.store(0, std::memory_order_relaxed);
  pool.unclaimed.store(chunks, std::memory_order_seq_cst);
  wake_sleepers(chunks - 1);
  work();
  await_chunks(chunks);
  inside_body = false;
  release_pool();
}

int thread_count() noexcept {
  int n = pool.count.load(std::memory_order_relaxed);
  if (n == 0) {
    n = available_cpus();
    int expected = 0;
    if (!pool.count.compare_exchange_strong(expected, n, std::memory_order_relaxed))
      n = expected;
  }
  return n;
}

void set_thread_count(int n) noexcept {
  n = std::clamp(n, 1, max_threads);
  if (inside_body || n == thread_count())
    return;
  if (pool.closed.load(std::memory_order_relaxed)) {
    pool.count.store(n, std::memory_order_relaxed);
    return;
  }
  acquire_pool();
  if (pool.started)
    stop_workers();
  pool.count.store(n, std::memory_order_relaxed);
  release_pool();
}

} // namespace jit
