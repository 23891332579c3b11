// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/CompileThread.h"

#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/base/SafePoint.h"
#include "runtime/jit/KeptProfile.h"
#include "runtime/jit/Mode.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/policy/Clock.h"

#include <algorithm>
#include <bit>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace jit {

CompileThread &CompileThread::get() {
  // Never destroyed: user threads may post until the process is gone. `stop` runs at exit, before
  // the destructors of the compiler library.
  static CompileThread *instance = new CompileThread;
  return *instance;
}

void CompileThread::set_compiler(std::unique_ptr<Compiler> plugged) {
  const std::lock_guard guard(lock);
  if (compiler.is_open())
    return;
  compiler.plug(std::move(plugged));
  stop_with_process();
  ready.store(true, std::memory_order_release);
}

bool CompileThread::enable_compiler() {
  const bool soon = mode() == Mode::on || mode() == Mode::check;
  const LazyCompiler::Asked asked = compiler.ask_for(soon);
  if (asked != LazyCompiler::Asked::now)
    return asked == LazyCompiler::Asked::before;
  const std::lock_guard guard(lock);
  if (stopping)
    return true;
  stop_with_process();
  from_library.store(true, std::memory_order_relaxed);
  ready.store(true, std::memory_order_release);
  if (soon) // else, or without memory, before the first compilation
    enqueue({Task::open, nullptr, nullptr});
  return true;
}

CompilerStatus CompileThread::compiler_status() const {
  CompilerStatus status = compiler.status();
  const bool usable =
      status.state == CompilerState::ready || status.state == CompilerState::opening;
  if (usable && !has_compiler())
    return {CompilerState::off, "nothing is compiled in the child of a fork, or at exit"};
  return status;
}

CompilerStatus CompileThread::status_before_exit() const {
  return had_compiler() ? compiler.status() : compiler_status();
}

bool CompileThread::uses_files() const noexcept {
  return has_compiler() && from_library.load(std::memory_order_relaxed) &&
         (mode() == Mode::on || mode() == Mode::check);
}

void CompileThread::paths_changed() noexcept {
  if (!from_library.load(std::memory_order_relaxed) || !kept::changed())
    return;
  if (const std::unique_lock guard(lock, std::try_to_lock); guard)
    wake.notify_one(); // to wait until it is written
}

/// The lock is held.
void CompileThread::stop_with_process() {
  stop_with_main_thread();
  static bool registered = false;
  if (!std::exchange(registered, true))
    std::atexit([] { CompileThread::get().stop(); });
}

// What user threads post
// ----------------------------------------------------------------------------

bool CompileThread::post_path(Task task, Anchor &anchor, Path &path) noexcept {
  if (path.posted.exchange(true, std::memory_order_relaxed))
    return false;
  const std::unique_lock guard(lock, std::try_to_lock);
  if (guard && !stopping && enqueue({task, &anchor, path.shared_from_this()}))
    return true;
  path.posted.store(false, std::memory_order_relaxed);
  return false;
}

void CompileThread::rebuild(Anchor &anchor) noexcept {
  anchor.rebuild_wanted.store(true, std::memory_order_relaxed); // until it is done
  if (anchor.rebuild_posted.exchange(true, std::memory_order_relaxed))
    return;
  const std::unique_lock guard(lock, std::try_to_lock);
  if (!guard || stopping || !enqueue({Task::rebuild, &anchor, nullptr}))
    anchor.rebuild_posted.store(false, std::memory_order_relaxed);
}

/// Idle priority: only processor time that nobody wants; normal while somebody waits for the queue
/// or a job is overdue. Takes no lock: the thread may have been put aside while it holds one.
void CompileThread::set_urgent(bool urgent) noexcept {
  const sched_param none{};
  if (const pid_t id = thread_id.load(std::memory_order_acquire))
    sched_setscheduler(id, urgent ? SCHED_OTHER : SCHED_IDLE, &none);
}

void CompileThread::hurry() noexcept {
  std::uint64_t due = overdue_at.load(std::memory_order_relaxed);
  if (due == 0 || now_ns() < due || thread_id.load(std::memory_order_acquire) == 0)
    return;
  if (overdue_at.compare_exchange_strong(due, 0, std::memory_order_relaxed))
    set_urgent(true);
}

/// exit() on another thread than main's runs handlers only, the newest first, and LLVM makes static
/// objects as it meets new work. So `stop` becomes the newest again after compilation 1, 2, 4, 8...
/// Not during a fork, whose child would find the C library's list of handlers locked for good.
void CompileThread::stop_before_new_statics() noexcept {
  if (!std::has_single_bit(++compilations))
    return;
  const std::lock_guard guard(lock);
  std::atexit([] { CompileThread::get().stop(); });
}

void CompileThread::stop_with_main_thread() {
  struct Stop {
    ~Stop() { CompileThread::get().stop(); }
  };
  if (static_cast<pid_t>(syscall(SYS_gettid)) != getpid())
    return;
  thread_local const Stop stop; // such destructors run before every exit handler
  static_cast<void>(stop);
}

bool CompileThread::wait_idle(std::chrono::milliseconds timeout) {
  std::unique_lock guard(lock);
  const auto idles = [this] { return !has_work() && !busy; };
  if (idles())
    return waiting.empty();
  if (stopping)
    return false; // the thread may stand still in the middle of a job
  try {
    if (!started) // in the child of a fork
      start_thread();
  } catch (const std::exception &) {
    return false;
  }
  if (waiters++ == 0)
    set_urgent(true);
  wake.notify_all();
  idle.wait_for(guard, timeout, [&] { return stopping || idles(); });
  const bool done = waiting.empty() && !busy;
  --waiters;
  return done;
}

void CompileThread::pause() noexcept {
  const std::lock_guard guard(lock);
  pauses.fetch_add(1, std::memory_order_relaxed);
  if (!busy && !has_work())
    idle.notify_all();
}

void CompileThread::resume() noexcept {
  const std::lock_guard guard(lock);
  if (is_paused())
    pauses.fetch_sub(1, std::memory_order_relaxed);
  if (!started && !stopping && has_work()) // in the child of a fork
    if_memory([this] { start_thread(); });
  wake.notify_one();
}

void CompileThread::stop() noexcept {
  {
    const std::lock_guard guard(lock);
    stopping = true;
    set_urgent(true);
    if (ready.exchange(false, std::memory_order_acq_rel))
      ready_at_exit.store(true, std::memory_order_relaxed);
    waiting.clear();
    wake.notify_one();
    idle.notify_all();
  }
  // exit() on the compile thread itself, which is what LLVM does when it is at its wits' end,
  // cannot wait for it.
  if (static_cast<pid_t>(syscall(SYS_gettid)) == thread_id.load(std::memory_order_relaxed))
    return;
  park_wanted.store(true, std::memory_order_relaxed);
  while (!stands_still())
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  kept::write();
}

static std::atomic<bool> parked{false};

bool CompileThread::stands_still() noexcept {
  const std::lock_guard guard(lock);
  return !busy || parked.load(std::memory_order_acquire);
}

/// The thread is left where it is: exit handlers and destructors of static objects run meanwhile.
static void park() noexcept {
  parked.store(true, std::memory_order_release);
  for (;;)
    pause();
}

void CompileThread::unlock_after_fork(bool child) noexcept {
  if (child) {
    waiters = 0;
    new (&wake) std::condition_variable; // the thread may have waited for it
    new (&idle) std::condition_variable;
    started = false; // the thread is not here; if it was idle, another can go on
    thread_id.store(0, std::memory_order_relaxed);
    if (busy) {
      stopping = true;
      busy = false;
      waiting.clear();
      ready.store(false, std::memory_order_release);
    }
  }
  compiler.unlock_after_fork();
  lock.unlock();
}

// The thread
// ----------------------------------------------------------------------------------------

/// The lock is held. False: no memory, or no thread can be made.
bool CompileThread::enqueue(Job job) noexcept {
  const std::size_t before = waiting.size();
  try {
    waiting.push_back(std::move(job));
    if (!started)
      start_thread();
  } catch (const std::exception &) {
    if (waiting.size() > before)
      waiting.pop_back();
    return false;
  }
  if (busy && !compiler.is_open()) // somebody could use the compiler already
    set_urgent(true);
  else if (busy && waiting.back().path)
    hurry_by(facts_of(waiting.back(), now_ns()), now_ns());
  wake.notify_one();
  return true;
}

/// With every signal blocked: handlers are for the program's own threads.
void CompileThread::start_thread() {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread([this] { run(); }).detach();
    started = true;
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

JobFacts CompileThread::facts_of(const Job &job, std::uint64_t now) const noexcept {
  const Path &path = *job.path;
  const auto ops = static_cast<std::uint32_t>(path.graph.ops.size());
  JobFacts facts;
  facts.gain_ns = std::max(1.0, path.gain_ns());
  facts.runs_per_ns = static_cast<double>(path.visits()) /
                      static_cast<double>(std::max<std::uint64_t>(now - path.first_seen_ns, 1));
  facts.compile_ns = times.predict_ns(ops);
  if (job.task == Task::compile)
    facts.waiting_ns = static_cast<double>(now - std::min(now, path.queued_ns));
  return facts;
}

bool CompileThread::may_do(const Job &job) const noexcept {
  return job.task == Task::rebuild || !is_paused();
}

/// The lock is held.
bool CompileThread::has_work() const noexcept {
  return std::ranges::any_of(waiting, [this](const Job &job) { return may_do(job); });
}

/// Rebuilding a trie comes first, then what gains most for the time it takes. The lock is held, and
/// there is something that may be done.
CompileThread::Job CompileThread::take_best() noexcept {
  const std::uint64_t now = now_ns();
  std::size_t best = waiting.size();
  JobFacts facts;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    if (!may_do(waiting[i]))
      continue;
    if (!waiting[i].path) {
      best = i;
      break;
    }
    const JobFacts found = facts_of(waiting[i], now);
    if (best == waiting.size() || found.score() > facts.score()) {
      best = i;
      facts = found;
    }
  }
  Job job = std::move(waiting[best]);
  waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(best));
  const bool paid =
      !options().budget || budget.has_tokens() || waiters > 0 || !job.path || facts.overdue();
  set_urgent(paid);
  overdue_at.store(paid ? 0 : UINT64_MAX, std::memory_order_relaxed);
  if (!paid) {
    hurry_by(facts, now);
    for (const Job &behind : waiting)
      hurry_by(facts_of(behind, now), now);
  }
  return job;
}

/// Who is behind a job at idle priority would wait for ever with it on a full machine.
void CompileThread::hurry_by(const JobFacts &facts, std::uint64_t now) noexcept {
  constexpr double longest_ns = 1e12;
  const auto due = now + static_cast<std::uint64_t>(std::min(facts.left_ns(), longest_ns));
  std::uint64_t known = overdue_at.load(std::memory_order_relaxed);
  while (due < known && !overdue_at.compare_exchange_weak(known, due, std::memory_order_relaxed))
    ;
}

static std::uint64_t process_cpu_ns() noexcept {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(time.tv_nsec);
}

/// The lock is held. Meanwhile writes which paths have programs.
void CompileThread::wait_for_work(std::unique_lock<std::mutex> &guard) {
  while (!stopping && !has_work()) {
    const std::uint64_t due = kept::due_ns(), now = now_ns();
    if (due == 0) {
      wake.wait(guard);
    } else if (due > now) {
      wake.wait_for(guard, std::chrono::nanoseconds(due - now));
    } else {
      busy = true;
      guard.unlock();
      kept::write();
      guard.lock();
      busy = false;
      idle.notify_all();
    }
  }
}

void CompileThread::run() {
  pthread_setname_np(pthread_self(), "jit-compile"); // at most 15 characters
  _mm_setcsr(
      default_mxcsr); // a thread begins with that of its maker, and constants are folded here
  thread_id.store(static_cast<pid_t>(syscall(SYS_gettid)), std::memory_order_release);
  budget.refill(process_cpu_ns());
  park_function.store(park, std::memory_order_release);
  std::unique_lock guard(lock);
  for (;;) {
    wait_for_work(guard);
    if (stopping) { // destructors of thread-locals must not run beside those of static objects
      guard.unlock();
      park();
    }
    const Job job = take_best();
    busy = true;
    guard.unlock();
    const std::uint64_t begin = thread_cpu_ns();
    if (!if_memory([&] { work(job); }))
      give_up(job);
    publisher.free_retired();
    safe_point();
    budget.spend(thread_cpu_ns() - begin);
    budget.refill(process_cpu_ns());
    guard.lock();
    busy = false;
    if (has_work())
      continue;
    overdue_at.store(0, std::memory_order_relaxed);
    idle.notify_all();
  }
}

/// Paths that wait already warm LLVM up themselves.
bool CompileThread::nobody_waits() {
  const std::lock_guard guard(lock);
  return waiting.empty() && !stopping;
}

void CompileThread::work(const Job &job) {
  switch (job.task) {
  case Task::open:
    return open_soon();
  case Task::rebuild:
    job.anchor->rebuild_posted.store(false, std::memory_order_relaxed);
    return publisher.publish(*job.anchor);
  case Task::compile:
    job.path->posted.store(false, std::memory_order_relaxed);
    return compile_first(job);
  case Task::variant:
    job.path->posted.store(false, std::memory_order_relaxed);
    return compile_variant(job);
  }
}

} // namespace jit
