// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One job at a time: a count of chunks not yet claimed and one of chunks done. Workers spin for as
// long as the next job usually takes to come, then sleep on a futex.
#include "runtime/kernels/ThreadPool.h"

#include "runtime/base/TryLock.h"
#include "runtime/kernels/JobChoice.h"
#include "runtime/kernels/Mxcsr.h"

#include <algorithm>
#include <array>
#include <atomic>
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

/// In cycles of the time stamp counter, which is read without a call into the system. About 1 ms,
/// about 20 us: a wake-up takes as long.
constexpr std::uint64_t longest_spin = 3'000'000, shortest_spin = 60'000;

struct alignas(64) Pool {
  // Claiming a chunk proves that the job is not over, so a late worker can never see a stale job:
  // `body` and `chunks` are read after a claim only.
  alignas(64) std::atomic<std::int64_t> unclaimed{0};
  /// Workers below this number take part. One that is late may take part in a smaller job: nothing
  /// depends on who runs a chunk.
  std::atomic<int> invited{0};
  alignas(64) std::atomic<std::int64_t> done{0};
  Body body;
  std::int64_t chunks = 0;

  alignas(64) std::atomic<std::uint32_t> wakeups{0}; // the futex
  std::atomic<std::uint64_t> asleep{0};              // a bit for each worker
  std::atomic<std::uint64_t> spin{longest_spin};     // how long they wait awake,
  std::atomic<std::uint64_t> awake_until{0};         // and at least until when
  std::atomic<bool> stopping{false};

  alignas(64) std::atomic<bool> busy{false}; // guards everything below, and the right to post a job
  std::array<pthread_t, max_threads> threads{};
  int workers = 0;
  int asked_for = 0;                          // workers; there are fewer if the system gave no more
  std::uint64_t last_job = 0;                 // when it ended
  std::uint64_t usual_gap = longest_spin / 2; // from the end of a job to the next

  std::atomic<bool> closed{false}; // in the child of a fork, and during exit
};
constinit Pool pool;
[[gnu::tls_model("initial-exec")]] constinit thread_local bool inside_body = false;

/// What is known about kinds of jobs. Taken for moments; who finds it taken uses all threads.
struct alignas(64) Choices {
  TryLock lock;
  JobChoice table;
};
constinit Choices choices;

/// `who`: the bits that a sleeper waits for, or those that are woken.
void futex(std::atomic<std::uint32_t> &word, int operation, std::uint32_t value,
           std::uint32_t who) noexcept {
  static_assert(sizeof word == 4);
  syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, nullptr, nullptr, who);
}

/// The workers of a set as the futex knows them: those from the 32nd on share a bit.
std::uint32_t futex_bits(std::uint64_t workers) noexcept {
  constexpr std::uint32_t shared = std::uint32_t{1} << 31;
  return static_cast<std::uint32_t>(workers) | (workers >> 31 ? shared : 0);
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

bool has_news(int worker) noexcept {
  return (pool.unclaimed.load(std::memory_order_acquire) > 0 &&
          worker < pool.invited.load(std::memory_order_relaxed)) ||
         pool.stopping.load(std::memory_order_relaxed);
}

void spin_for_news(int worker) noexcept {
  const std::uint64_t begin = __rdtsc();
  std::uint64_t now;
  do {
    for (int i = 0; i < 64; ++i) {
      if (has_news(worker))
        return;
      _mm_pause();
    }
    now = __rdtsc();
  } while (now - begin < pool.spin.load(std::memory_order_relaxed) ||
           now < pool.awake_until.load(std::memory_order_relaxed));
}

void sleep_for_news(int worker) noexcept {
  // The poster writes the job, then reads `asleep`; we do it the other way round.
  const std::uint64_t self = std::uint64_t{1} << worker;
  pool.asleep.fetch_or(self, std::memory_order_seq_cst);
  const std::uint32_t seen = pool.wakeups.load(std::memory_order_seq_cst);
  const bool invited = pool.unclaimed.load(std::memory_order_seq_cst) > 0 &&
                       worker < pool.invited.load(std::memory_order_relaxed);
  if (!invited && !pool.stopping.load(std::memory_order_seq_cst))
    futex(pool.wakeups, FUTEX_WAIT_BITSET, seen, futex_bits(self));
  pool.asleep.fetch_and(~self, std::memory_order_seq_cst);
}

/// Wakes those of the first `workers` that sleep.
void wake_sleepers(int workers) noexcept {
  const std::uint64_t wanted = (std::uint64_t{1} << workers) - 1;
  const std::uint64_t sleepers = pool.asleep.load(std::memory_order_seq_cst) & wanted;
  if (sleepers == 0)
    return;
  pool.wakeups.fetch_add(1, std::memory_order_seq_cst);
  futex(pool.wakeups, FUTEX_WAKE_BITSET, max_threads, futex_bits(sleepers));
}

void *worker_main(void *number) {
  _mm_setcsr(default_mxcsr);
  leave_cpus_of_creator();
  inside_body = true;
  const int worker = static_cast<int>(reinterpret_cast<std::intptr_t>(number));
  while (!pool.stopping.load(std::memory_order_acquire)) {
    if (has_news(worker))
      work();
    spin_for_news(worker);
    if (!has_news(worker))
      sleep_for_news(worker);
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
  wake_sleepers(max_threads - 1);
  for (int i = 0; i < pool.workers; ++i)
    pthread_join(pool.threads[static_cast<std::size_t>(i)], nullptr);
  pool.workers = pool.asked_for = 0;
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
  pool.workers = pool.asked_for = 0;
  release_pool();
}

// With fewer workers than asked for, the job is shared by those there are.
void start_workers(int wanted) noexcept {
  static const bool registered =
      std::atexit(close_at_exit) == 0 && pthread_atfork(nullptr, nullptr, close_in_child) == 0;
  (void)registered;
  pool.asked_for = wanted;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); // handlers of the program run on its own threads
  for (; pool.workers < wanted; ++pool.workers)
    if (pthread_create(&pool.threads[static_cast<std::size_t>(pool.workers)], nullptr, worker_main,
                       reinterpret_cast<void *>(static_cast<std::intptr_t>(pool.workers))) != 0)
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

/// How long workers wait awake behind the next job. A trial is an exception to what is usual.
void set_spin(std::uint64_t now, const JobChoice::Turn &turn) noexcept {
  if (!turn.on_trial && pool.last_job != 0) {
    const std::uint64_t gap = std::min(now - pool.last_job, 4 * longest_spin);
    pool.usual_gap += gap / 8 - pool.usual_gap / 8;
  }
  std::uint64_t spin = 0;
  if (current_sharing().crowded)
    spin = shortest_spin;                                 // every CPU is wanted
  else if (!turn.calms && pool.usual_gap <= longest_spin) // else in vain
    spin = std::clamp(2 * pool.usual_gap, shortest_spin, longest_spin);
  pool.spin.store(spin, std::memory_order_relaxed);
  pool.awake_until.store(turn.wakes ? now + longest_spin : 0, std::memory_order_relaxed);
}

/// A job that one thread does better: the more of them, the sooner workers sleep.
void shorten_spin() noexcept {
  if (const std::uint64_t spin = pool.spin.load(std::memory_order_relaxed))
    pool.spin.store(spin / 2, std::memory_order_relaxed);
}

/// Runs the job on turn.threads threads. False if it was not so: it ran on the caller.
bool run_shared(std::int64_t chunks, Body body, const JobChoice::Turn &turn) noexcept {
  if (pool.closed.load(std::memory_order_relaxed) ||
      pool.busy.exchange(true, std::memory_order_acquire)) {
    run_inline(chunks, body);
    return false;
  }
  if (pool.closed.load(std::memory_order_relaxed)) { // closed meanwhile
    release_pool();
    run_inline(chunks, body);
    return false;
  }
  inside_body = true;
  const int others = turn.threads - 1;
  if (pool.asked_for < others)
    start_workers(others);
  set_spin(__rdtsc(), turn);
  pool.body = body;
  pool.chunks = chunks;
  pool.invited.store(others, std::memory_order_relaxed);
  pool.done.store(0, std::memory_order_relaxed);
  pool.unclaimed.store(chunks, std::memory_order_seq_cst);
  wake_sleepers(static_cast<int>(std::min<std::int64_t>(others, chunks - 1)));
  work();
  await_chunks(chunks);
  pool.last_job = __rdtsc();
  inside_body = false;
  release_pool();
  return true;
}

JobChoice::Turn begin_turn(const JobKind &kind, int threads) noexcept {
  JobChoice::Turn turn;
  turn.threads = threads;
  if (choices.lock.try_lock()) {
    turn = choices.table.begin(kind, threads);
    choices.lock.unlock();
  }
  return turn;
}

void end_turn(const JobChoice::Turn &turn, std::uint64_t time) noexcept {
  if (turn.entry >= 0 && choices.lock.try_lock()) {
    choices.table.end(turn, static_cast<double>(time));
    choices.lock.unlock();
  }
}

void run_chosen(const JobKind &kind, Body body, int threads, std::uint64_t begin) noexcept {
  const JobChoice::Turn turn = begin_turn(kind, threads);
  if (turn.threads > 1) {
    if (!run_shared(kind.chunks, body, turn))
      return;
  } else {
    inside_body = true; // what it calls belongs to the same job
    run_inline(kind.chunks, body);
    inside_body = false;
    if (!turn.on_trial)
      shorten_spin();
  }
  end_turn(turn, __rdtsc() - begin);
}

void set_threads(void (*store)(int) noexcept, int n) noexcept {
  if (inside_body)
    return;
  if (pool.closed.load(std::memory_order_relaxed))
    return store(n);
  acquire_pool();
  if (pool.workers > 0)
    stop_workers();
  store(n);
  release_pool();
}

} // namespace

void parallel_for(std::int64_t chunks, Body body, std::uint64_t kind) noexcept {
  if (chunks <= 1 || inside_body)
    return run_inline(chunks, body);
  Sharing sharing = current_sharing();
  if (sharing.fixed) {
    if (sharing.threads == 1)
      return run_inline(chunks, body);
    JobChoice::Turn turn;
    turn.threads = sharing.threads;
    run_shared(chunks, body, turn);
    return;
  }
  const std::uint64_t begin = __rdtsc();
  refresh_sharing(begin);
  sharing = current_sharing();
  if (sharing.threads == 1 || pool.closed.load(std::memory_order_relaxed))
    return run_inline(chunks, body);
  run_chosen({body.type() ^ kind, chunks}, body, sharing.threads, begin);
}

void limit_thread_count(int n) noexcept { set_threads(store_limit, std::max(n, 0)); }
void force_thread_count(int n) noexcept { set_threads(store_forced, std::max(n, 0)); }

} // namespace jit
