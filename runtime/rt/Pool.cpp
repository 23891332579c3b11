// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pool of rt.h: one job at a time, workers that sleep between jobs.
#include "runtime/rt/rt.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <new>
#include <pthread.h>

namespace jit::rt {
namespace {

constexpr std::int32_t most_threads = 64;

[[gnu::tls_model("initial-exec")]] constinit thread_local bool inside_piece = false;

class Pool {
public:
  /// False: no memory for locks.
  bool start(std::int32_t threads) noexcept;
  void stop() noexcept;
  /// False: somebody else has the pool.
  bool run(std::int64_t pieces, void (*piece)(void *, std::int64_t), void *context) noexcept;

private:
  static void *worker_main(void *pool);
  void wait_for_jobs() noexcept;
  void work() noexcept;

  std::atomic<bool> busy{false}; ///< the right to post a job
  std::atomic<std::int64_t> next{0};
  // Written by who posts a job, while no worker is in it.
  void (*piece)(void *, std::int64_t) = nullptr;
  void *context = nullptr;
  std::int64_t pieces = 0;

  pthread_mutex_t mutex; ///< guards what follows
  pthread_cond_t posted, finished;
  std::uint64_t job = 0;    ///< number of the last one
  bool open = false;        ///< workers may still join it
  std::int32_t working = 0; ///< workers in it
  bool stopping = false;

  std::int32_t workers = 0;
  pthread_t threads[most_threads];
};

bool Pool::start(std::int32_t wanted) noexcept {
  if (pthread_mutex_init(&mutex, nullptr) != 0 || pthread_cond_init(&posted, nullptr) != 0 ||
      pthread_cond_init(&finished, nullptr) != 0)
    return false;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); // handlers of the program run on its own threads
  for (; workers < wanted - 1; ++workers)
    if (pthread_create(&threads[workers], nullptr, worker_main, this) != 0)
      break;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return true;
}

void Pool::stop() noexcept {
  pthread_mutex_lock(&mutex);
  stopping = true;
  pthread_cond_broadcast(&posted);
  pthread_mutex_unlock(&mutex);
  for (std::int32_t i = 0; i < workers; ++i)
    pthread_join(threads[i], nullptr);
  pthread_cond_destroy(&finished);
  pthread_cond_destroy(&posted);
  pthread_mutex_destroy(&mutex);
}

void *Pool::worker_main(void *pool) {
  inside_piece = true;
  static_cast<Pool *>(pool)->wait_for_jobs();
  return nullptr;
}

void Pool::wait_for_jobs() noexcept {
  std::uint64_t seen = 0;
  pthread_mutex_lock(&mutex);
  for (;;) {
    while (!stopping && (!open || job == seen))
      pthread_cond_wait(&posted, &mutex);
    if (stopping)
      break;
    seen = job;
    ++working;
    pthread_mutex_unlock(&mutex);
    work();
    pthread_mutex_lock(&mutex);
    if (--working == 0)
      pthread_cond_signal(&finished);
  }
  pthread_mutex_unlock(&mutex);
}

void Pool::work() noexcept {
  for (std::int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < pieces;)
    piece(context, i);
}

bool Pool::run(std::int64_t count, void (*body)(void *, std::int64_t), void *with) noexcept {
  if (busy.exchange(true, std::memory_order_acquire))
    return false;
  pthread_mutex_lock(&mutex);
  piece = body;
  context = with;
  pieces = count;
  next.store(0, std::memory_order_relaxed);
  ++job;
  open = true;
  for (std::int64_t i = std::min<std::int64_t>(workers, count - 1); i > 0; --i)
    pthread_cond_signal(&posted);
  pthread_mutex_unlock(&mutex);
  inside_piece = true;
  work();
  inside_piece = false;
  pthread_mutex_lock(&mutex);
  open = false;
  while (working > 0)
    pthread_cond_wait(&finished, &mutex);
  pthread_mutex_unlock(&mutex);
  busy.store(false, std::memory_order_release);
  return true;
}

} // namespace
} // namespace jit::rt

using jit::rt::Pool;

void *tj_rt1_pool_create(std::int32_t threads) {
  if (threads < 1)
    return nullptr;
  void *memory = std::aligned_alloc(alignof(Pool), sizeof(Pool));
  if (!memory)
    return nullptr;
  Pool *pool = new (memory) Pool;
  if (pool->start(std::min(threads, jit::rt::most_threads)))
    return pool;
  std::free(memory);
  return nullptr;
}

void tj_rt1_pool_destroy(void *pool) {
  if (!pool)
    return;
  static_cast<Pool *>(pool)->stop();
  std::free(pool);
}

void tj_rt1_run(void *pool, std::int64_t pieces, void (*piece)(void *, std::int64_t),
                void *context) {
  if (pieces > 1 && !jit::rt::inside_piece &&
      static_cast<Pool *>(pool)->run(pieces, piece, context))
    return;
  for (std::int64_t i = 0; i < pieces; ++i)
    piece(context, i);
}
